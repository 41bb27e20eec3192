import { Duplex } from 'node:stream';
import { type IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import type { ResponseHead } from '../../../src/remote/response-head.ts';
import { HeadCache, ResponseReader } from '../../../src/remote/response-reader.ts';

interface Taken {
  readonly heads: ResponseHead[];
  readonly body: string;
  readonly isDone: boolean;
  readonly endsWithConnection: boolean;
  /** How many bytes came behind the response. */
  readonly left: number;
}

/** What is read of bytes that come in these pieces. */
function take(pieces: readonly Buffer[]): Taken {
  const heads: ResponseHead[] = [];
  const body: string[] = [];
  const listener = {
    headCame: (head: ResponseHead) => heads.push(head) > 0,
    pieceCame: (piece: Uint8Array) => body.push(Buffer.from(piece).toString('latin1')) > 0,
  };
  const reader = new ResponseReader(listener, new HeadCache());
  let left = 0;
  for (const piece of pieces) left += piece.length - (reader.isDone ? 0 : reader.read(piece));
  const { isDone, endsWithConnection } = reader;
  return { heads, body: body.join(''), isDone, endsWithConnection, left };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const STATUS = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${STATUS}Transfer-Encoding: Chunked\r\n\r\n`;

const GOOD: readonly (readonly [name: string, text: string, body: string, left: number])[] = [
  ['a length', `${STATUS}content-length: 5\r\n\r\nhello`, 'hello', 0],
  ['a length and more', `${STATUS}content-length: 2\r\n\r\nhello`, 'he', 3],
  ['no bytes', `${STATUS}Content-Length:0\r\n\r\n`, '', 0],
  ['no reason', 'HTTP/1.1 200\r\ncontent-length: 1\r\n\r\nx', 'x', 0],
  [
    'interim responses',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\na: b\r\n\r\n${STATUS}content-length: 1\r\n\r\nx`,
    'x',
    0,
  ],
  ['no content', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello', '', 5],
  ['chunks', `${CHUNKED}3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n`, 'abc0123456789', 0],
  ['chunks with extensions and trailers', `${CHUNKED}1;a=b\r\nx\r\n0;end\r\nt: 1\r\nu:2\r\n\r\n`, 'x', 0],
  ['chunks and more', `${CHUNKED}1\r\nx\r\n0\r\n\r\nHTTP`, 'x', 4],
  ['the highest bytes', `${STATUS}x: \xff\xfe\tz\r\ncontent-length: 2\r\n\r\n\xff\x00`, '\xff\x00', 0],
];

test.each(GOOD)('a response with %s is the same in pieces of any size', (_name, text, body, left) => {
  const whole = bytes(text);
  const expected = take([whole]);
  expect(expected).toMatchObject({ body, isDone: true, left, endsWithConnection: false });
  for (let at = 0; at <= whole.length; at++) {
    expect(take([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected);
  }
  expect(take([...whole].map((byte) => Buffer.of(byte)))).toEqual(expected);
});

test('a body without a length goes on to the end of the connection', () => {
  expect(take([bytes(`${STATUS}\r\nab`), bytes('c')])).toMatchObject({
    body: 'abc',
    isDone: false,
    endsWithConnection: true,
  });
});

test('what is said of the response is found, and what stands there twice is none', () => {
  const text = (fields: string): string => `HTTP/1.1 503 No\r\n${fields}content-length: 0\r\n\r\n`;
  const headOf = (fields: string): ResponseHead | undefined => take([bytes(text(fields))]).heads[0];
  expect(headOf('Content-Type: \t a/b \t\r\nRETRY-AFTER: 3\r\ncontent-encoding: gzip\r\n')).toEqual({
    status: 503,
    contentType: 'a/b',
    retryAfter: '3',
    contentEncoding: 'gzip',
    byteLength: 0,
    isChunked: false,
    keptMs: Infinity,
  });
  expect(headOf('content-type: a\r\ncontent-type: a\r\nretry-after: 1\r\nretry-after: 2\r\n')).toMatchObject({
    contentType: undefined,
    retryAfter: undefined,
  });
  expect(headOf('content-encoding: gzip\r\nx: y\r\ncontent-encoding: br\r\n')?.contentEncoding).toBe('gzip, br');
});

test.each([
  ['HTTP/1.1', '', Infinity],
  ['HTTP/1.1', 'connection: close\r\n', 0],
  ['HTTP/1.1', 'connection: x, Close\r\n', 0],
  ['HTTP/1.1', 'connection: keep-alive\r\nconnection: close\r\n', 0],
  ['HTTP/1.1', 'keep-alive: timeout=5\r\n', 4_000],
  ['HTTP/1.1', 'keep-alive: max=9, timeout=5\r\n', 4_000],
  ['HTTP/1.1', 'keep-alive: timeout=1\r\n', 0],
  ['HTTP/1.1', 'keep-alive: timeout=soon\r\n', Infinity],
  ['HTTP/1.0', '', 0],
  ['HTTP/1.0', 'connection: keep-alive\r\n', Infinity],
])('%s with %j keeps the connection for %s ms', (version, fields, keptMs) => {
  expect(take([bytes(`${version} 200 OK\r\n${fields}content-length: 0\r\n\r\n`)]).heads[0].keptMs).toBe(keptMs);
});

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['another version', 'HTTP/2 200 OK\r\n\r\n'],
  ['a bad status', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n'],
  ['a space before the colon', `${STATUS}content-length : 1\r\n\r\nx`],
  ['a folded line', `${STATUS}a: b\r\n c\r\ncontent-length: 1\r\n\r\nx`],
  ['a bare line feed', `${STATUS}a: b\ncontent-length: 1\r\n\r\nx`],
  ['a bare carriage return', `${STATUS}a: b\rcontent-length: 1\r\n\r\nx`],
  ['a nul', `${STATUS}a: \0\r\n\r\n`],
  ['a line without a colon', `${STATUS}hello\r\n\r\n`],
  ['two lengths', `${STATUS}content-length: 1\r\ncontent-length: 1\r\n\r\nx`],
  ['a list of lengths', `${STATUS}content-length: 1, 1\r\n\r\nx`],
  ['a signed length', `${STATUS}content-length: +1\r\n\r\nx`],
  ['a negative length', `${STATUS}content-length: -1\r\n\r\nx`],
  ['a length in hex', `${STATUS}content-length: 0x1\r\n\r\nx`],
  ['a length beyond numbers', `${STATUS}content-length: ${'9'.repeat(16)}\r\n\r\nx`],
  ['an empty length', `${STATUS}content-length:\r\n\r\nx`],
  ['a length beside chunks', `${CHUNKED.slice(0, -2)}content-length: 1\r\n\r\n1\r\nx\r\n0\r\n\r\n`],
  ['chunks twice', `${STATUS}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks of something else', `${STATUS}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk without a size', `${CHUNKED}\r\n`],
  ['a chunk with a bad size', `${CHUNKED}g\r\n`],
  ['a chunk with a huge size', `${CHUNKED}${'1'.repeat(13)}\r\n`],
  ['a chunk that is too long', `${CHUNKED}1\r\nxy\r\n`],
  ['a chunk without its line feed', `${CHUNKED}1\r\nx\rx`],
  ['a size with a bare line feed', `${CHUNKED}1\nx\r\n0\r\n\r\n`],
  ['a long extension', `${CHUNKED}1;${'x'.repeat(257)}`],
  ['an extension with a bare line feed', `${CHUNKED}1;a\nx\r\n`],
  ['endless trailers', `${CHUNKED}0\r\n${'a: b\r\n'.repeat(2_000)}`],
  ['trailers with a bare line feed', `${CHUNKED}0\r\na: b\n\r\n`],
  ['a long head', `${STATUS}a: ${'x'.repeat(9_000)}`],
  ['a long head that ends', `${STATUS}a: ${'x'.repeat(9_000)}\r\n\r\n`],
])('refused: %s', (_name, text) => {
  expect(() => take([bytes(text)])).toThrow(/response/i);
  expect(() => take([...bytes(text)].map((byte) => Buffer.of(byte)))).toThrow(/response/i);
});

function takenOrRefused(response: Buffer): Taken | undefined {
  try {
    return take([response]);
  } catch {
    return undefined;
  }
}

/** The same read by Node's client; undefined if it refuses it. */
async function takenByNode(response: Buffer): Promise<{ readonly status: number; readonly body: string } | undefined> {
  const socket = new Duplex({
    read: () => undefined,
    write(_bytes, _encoding, done) {
      done();
      socket.push(response);
      socket.push(null);
    },
  });
  return await new Promise((resolve) => {
    const asked = request({ method: 'POST', createConnection: () => socket });
    asked.on('error', () => resolve(undefined));
    asked.on('response', (message: IncomingMessage) => {
      const pieces: string[] = [];
      message.on('data', (piece: Buffer) => pieces.push(piece.toString('latin1')));
      message.on('error', () => resolve(undefined));
      message.on('end', () => resolve({ status: message.statusCode ?? 0, body: pieces.join('') }));
    });
    asked.end();
  });
}

/** Some bytes left out, put in, changed or repeated, mostly of those that mean something. */
function changed(random: Prng, text: string): string {
  const at = random.below(text.length + 1);
  const mark = random.pick(['\r', '\n', ':', ' ', '0', '1', 'f', ';', ',', '\0', '\xff', '\r\n', 'chunked', 'close']);
  const kind = random.below(4);
  if (kind === 0) return text.slice(0, at) + mark + text.slice(at);
  if (kind === 1) return text.slice(0, at) + mark + text.slice(at + mark.length);
  if (kind === 2) return text.slice(0, at) + text.slice(at + 1 + random.below(4));
  const from = random.below(at + 1);
  return text.slice(0, at) + text.slice(from);
}

test('whatever is taken is taken by another reader, too, and is the same', async () => {
  const random = new Prng(23);
  let takenCount = 0;
  for (let round = 0; round < 3_000; round++) {
    let text = random.pick(GOOD)[1];
    for (let count = 1 + random.below(2); count > 0; count--) text = changed(random, text);
    const taken = takenOrRefused(bytes(text));
    if (taken === undefined || !(taken.isDone || taken.endsWithConnection)) continue;
    takenCount++;
    const ours = { status: taken.heads.at(-1)?.status, body: taken.body };
    // What comes behind a response is nobody's, and the other reader would complain of it.
    const response = bytes(text.slice(0, text.length - taken.left));
    expect([JSON.stringify(text), await takenByNode(response)]).toEqual([JSON.stringify(text), ours]);
  }
  expect(takenCount).toBeGreaterThan(300);
});
