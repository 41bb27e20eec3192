/**
 * Asks an HTTP server the same thing again and again, over so many keep-alive connections with one request under way on
 * each. It writes bytes made once and counts the bytes that come back, so that it costs much less than any server on
 * `node:http` and the server is what is measured; an HTTP client would be the slower half of a pair on two cores.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What is asked, and of how many bytes the body of each answer must be. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly body: Uint8Array;
  readonly answerByteLength: number;
}

const HEAD_END = '\r\n\r\n';

/** One connection: its requests, one after the other. */
class Line {
  /** Of the bodies of all answers so far. */
  answeredBytes = 0;
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #answerByteLength: number;
  /** Bytes of an answer's body that are still to come; undefined before its head. */
  #left: number | undefined = undefined;
  #ended: (error?: Error) => void = () => {};

  constructor(socket: Socket, request: Buffer, answerByteLength: number) {
    this.#socket = socket;
    this.#request = request;
    this.#answerByteLength = answerByteLength;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk as Buffer));
    socket.on('error', (error) => this.#ended(error));
    socket.on('close', () => this.#ended(new Error('A server has closed a connection.')));
  }

  /** Asks as long as `more` says so. */
  async run(more: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#ended = (error) => {
      if (error !== undefined) reject(error);
      else if (more()) this.#socket.write(this.#request);
      else resolve();
    };
    this.#ended();
    await promise;
    this.#ended = () => {};
  }

  /** Servers on `node:http` send a head in one piece. */
  #take(chunk: Buffer): void {
    let { length } = chunk;
    if (this.#left === undefined) {
      length -= this.#headByteLength(chunk);
      this.#left = this.#answerByteLength;
    }
    this.answeredBytes += length;
    this.#left -= length;
    if (this.#left > 0) return;
    if (this.#left < 0) this.#ended(new Error('A server has answered more than it was asked.'));
    this.#left = undefined;
    this.#ended();
  }

  #headByteLength(chunk: Buffer): number {
    const head = chunk.toString('latin1', 0, chunk.indexOf(HEAD_END) + HEAD_END.length);
    const length = `\r\ncontent-length: ${this.#answerByteLength}\r\n`;
    if (!head.startsWith('HTTP/1.1 200 ') || !head.includes(length)) {
      this.#ended(new Error(`A server has answered something else: ${head}`));
    }
    return head.length;
  }
}

export class KeepAliveLoad {
  readonly #sockets: readonly Socket[];
  readonly #lines: readonly Line[];

  private constructor(sockets: readonly Socket[], { body, answerByteLength }: Load) {
    const head = ['POST / HTTP/1.1', 'host: bench', 'content-type: application/octet-stream'];
    const text = [...head, `content-length: ${body.length}`].join('\r\n') + HEAD_END;
    const request = Buffer.concat([Buffer.from(text), body]);
    this.#sockets = sockets;
    this.#lines = sockets.map((socket) => new Line(socket, request, answerByteLength));
  }

  static async connect(load: Load): Promise<KeepAliveLoad> {
    const sockets = Array.from({ length: load.connections }, () => connect(load.port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return new KeepAliveLoad(sockets, load);
  }

  /** So many requests; gives how many bytes the bodies of their answers had. Rejects at any other answer. */
  async run(count: number): Promise<number> {
    let left = count;
    const before = this.#answeredBytes();
    await Promise.all(this.#lines.map((line) => line.run(() => left-- > 0)));
    return this.#answeredBytes() - before;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #answeredBytes(): number {
    return this.#lines.reduce((sum, { answeredBytes }) => sum + answeredBytes, 0);
  }
}
