/**
 * Requests as bytes: the head, which is the same for all calls of a function but for the length of the body, and the body
 * behind it, in one buffer that is written at once.
 */
import type { TransportProfile } from './endpoint-options.ts';
import type { CallTarget } from './endpoint-url.ts';

const OCTET_STREAM = 'application/octet-stream';

export class RequestHeads {
  readonly #profile: TransportProfile;
  /** All up to the length. */
  readonly #heads = new WeakMap<CallTarget, Buffer>();

  constructor(profile: TransportProfile) {
    this.#profile = profile;
  }

  request(target: CallTarget, body: Uint8Array): Buffer {
    let head = this.#heads.get(target);
    if (head === undefined) {
      head = Buffer.from(this.#head(target), 'latin1');
      this.#heads.set(target, head);
    }
    const length = `${body.byteLength}\r\n\r\n`;
    const bodyAt = head.length + length.length;
    const request = Buffer.allocUnsafe(bodyAt + body.byteLength);
    request.set(head);
    request.write(length, head.length, 'latin1');
    request.set(body, bodyAt);
    return request;
  }

  /** In the order in which StateFun sends them. */
  #head({ path, host, authorization }: CallTarget): string {
    const accepted = this.#profile === 'async' ? [`accept: ${OCTET_STREAM}`, 'accept-encoding: gzip,deflate'] : [];
    if (this.#profile === 'okhttp') accepted.push('accept-encoding: gzip');
    const lines = [
      `POST ${path} HTTP/1.1`,
      `host: ${host}`,
      'connection: keep-alive',
      `content-type: ${OCTET_STREAM}`,
      ...accepted,
      'user-agent: statefun',
      ...(authorization === undefined ? [] : [`authorization: ${authorization}`]),
    ];
    return `${lines.join('\r\n')}\r\ncontent-length: `;
  }
}
