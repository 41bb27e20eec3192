/**
 * A small client of Redis: commands go out in bulk and answers come back in order, as many under way as the caller
 * likes. It knows no more of the protocol than these benchmarks use: integers, simple strings, errors, bulk strings and
 * flat arrays of them.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type RespValue = number | string | null | readonly RespValue[];

const LINE_END = '\r\n';
/** Those who have their answers leave the list together, once there are so many. */
const ANSWERED_MAX = 10_000;

export class RespClient {
  readonly #socket: Socket;
  readonly #waiting: { resolve: (value: RespValue) => void; reject: (error: Error) => void }[] = [];
  #first = 0;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => this.#received(data));
    socket.on('close', () => this.#fail(new Error('Redis has closed the connection.')));
    socket.on('error', (error) => this.#fail(error));
  }

  static async open(path: string): Promise<RespClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new RespClient(socket);
  }

  call(...words: readonly string[]): Promise<RespValue> {
    this.#socket.write(RespClient.encode(words));
    return this.answer();
  }

  static encode(words: readonly string[]): string {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}${LINE_END}${word}${LINE_END}`);
    return `*${words.length}${LINE_END}${parts.join('')}`;
  }

  /** Sends commands that are encoded already; `answer` must be called once for each. */
  write(commands: string): void {
    this.#socket.write(commands);
  }

  answer(): Promise<RespValue> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #received(data: Buffer): void {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    for (;;) {
      const parsed = parse(bytes, at);
      if (parsed === undefined) break;
      at = parsed.end;
      const { resolve, reject } = this.#waiting[this.#first++];
      if (parsed.value instanceof Error) reject(parsed.value);
      else resolve(parsed.value);
    }
    this.#rest = bytes.subarray(at);
    if (this.#first < ANSWERED_MAX) return;
    this.#waiting.splice(0, this.#first);
    this.#first = 0;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.slice(this.#first)) reject(error);
    this.#waiting.length = 0;
    this.#first = 0;
  }
}

interface Parsed {
  readonly value: RespValue | Error;
  readonly end: number;
}

/** Undefined while the rest has not come. */
function parse(bytes: Buffer, start: number): Parsed | undefined {
  const lineEnd = bytes.indexOf(LINE_END, start);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('latin1', start + 1, lineEnd);
  const next = lineEnd + LINE_END.length;
  switch (String.fromCharCode(bytes[start])) {
    case ':':
      return { value: Number(line), end: next };
    case '+':
      return { value: line, end: next };
    case '-':
      return { value: new Error(`Redis: ${line}`), end: next };
    case '$':
      return parseBulk(bytes, next, Number(line));
    case '*':
      return parseArray(bytes, next, Number(line));
    default:
      throw new Error('Redis answered with something else.');
  }
}

function parseBulk(bytes: Buffer, start: number, byteLength: number): Parsed | undefined {
  if (byteLength < 0) return { value: null, end: start };
  const end = start + byteLength;
  if (bytes.length < end + LINE_END.length) return undefined;
  return { value: bytes.toString('utf8', start, end), end: end + LINE_END.length };
}

function parseArray(bytes: Buffer, start: number, count: number): Parsed | undefined {
  const values: RespValue[] = [];
  let end = start;
  for (let index = 0; index < count; index++) {
    const parsed = parse(bytes, end);
    if (parsed === undefined) return undefined;
    if (parsed.value instanceof Error) return { value: parsed.value, end: parsed.end };
    values.push(parsed.value);
    end = parsed.end;
  }
  return { value: values, end };
}
