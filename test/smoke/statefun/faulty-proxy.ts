/**
 * Stands in front of a function process and is as bad as networks and processes are: answers 500 instead of asking, cuts
 * the connection before or after the function has run, cuts an answer in the middle, has the function run twice at a
 * time, or dawdles. Faults are drawn from a seed; which request meets which one depends on the threads.
 */
import {
  createServer,
  Agent,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prng } from '../../../src/base/prng.ts';

export interface FaultRates {
  /** Answers of status 500, of which half come after the function has run. */
  readonly failing: number;
  /** Connections cut: before the function runs, after it has, in the middle of the answer. */
  readonly cut: number;
  /** Functions run twice at the same time. */
  readonly duplicated: number;
  /** Answers that wait for some milliseconds. */
  readonly slow: number;
}

export const FAULT_RATES: FaultRates = { failing: 0.05, cut: 0.01, duplicated: 0.02, slow: 0.01 };
export const NO_FAULTS: FaultRates = { failing: 0, cut: 0, duplicated: 0, slow: 0 };

type Fault = 'none' | 'failing' | 'failing after' | 'cut' | 'cut after' | 'cut within' | 'duplicated' | 'slow';

const SLOW_MS = 20;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

export class FaultyProxy {
  /** Where the function process is now. */
  target = 0;
  requestCount = 0;
  readonly faultCounts = new Map<Fault, number>();
  readonly #prng: Prng;
  readonly #rates: FaultRates;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;

  constructor(prng: Prng, rates: FaultRates) {
    this.#prng = prng;
    this.#rates = rates;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = 60_000;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requestCount++;
    const fault = this.#draw();
    this.faultCounts.set(fault, (this.faultCounts.get(fault) ?? 0) + 1);
    try {
      const body = await bodyOf(request);
      if (fault === 'failing') return void response.writeHead(500).end();
      if (fault === 'cut') return void response.destroy();
      const asked = fault === 'duplicated' ? [this.#ask(body), this.#ask(body)] : [this.#ask(body)];
      const answers = await Promise.all(asked);
      if (fault === 'slow') await sleep(SLOW_MS);
      // The later one of two: whichever it is, its effects have to be the same.
      this.#answer(response, fault, answers.at(-1) as Answer);
    } catch {
      // The function process is gone, or whoever asked is.
      response.destroy();
    }
  }

  #answer(response: ServerResponse, fault: Fault, { status, type, body }: Answer): void {
    if (fault === 'failing after') return void response.writeHead(503).end();
    if (fault === 'cut after') return void response.destroy();
    response.writeHead(status, { 'content-type': type, 'content-length': body.length });
    if (fault !== 'cut within') return void response.end(body);
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  }

  #draw(): Fault {
    const { failing, cut, duplicated, slow } = this.#rates;
    const odds: readonly [Fault, number][] = [
      ['failing', failing / 2],
      ['failing after', failing / 2],
      ['cut', cut / 3],
      ['cut after', cut / 3],
      ['cut within', cut / 3],
      ['duplicated', duplicated],
      ['slow', slow],
    ];
    let draw = this.#prng.fraction();
    for (const [fault, odd] of odds) {
      draw -= odd;
      if (draw < 0) return fault;
    }
    return 'none';
  }

  #ask(body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': body.length };
      const options = { host: '127.0.0.1', port: this.target, method: 'POST', headers, agent: this.#agent };
      const request = httpRequest(options, (response) => {
        const { statusCode: status = 0, headers: given } = response;
        bodyOf(response).then((answer) => resolve({ status, type: given['content-type'] ?? '', body: answer }), reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
