/** Responses as bytes. */

export const EMPTY_200 = 'HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 0\r\n\r\n';

/** A whole response. */
export function response(
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Buffer {
  const bytes = Buffer.from(body);
  const all = { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Word\r\n${lines.join('')}\r\n`), bytes]);
}
