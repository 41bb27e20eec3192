/**
 * Counters as Durable Objects: an object per id, one number in its storage. Killed and started again before the objects
 * are read one after the other, those that were called.
 */
import type { AskedCounter } from '../../flow/ask-committed.ts';
import { entityIds, TargetDraw } from '../../flow/entity-ids.ts';
import type { CounterSession } from '../../flow/keyed-counter.ts';
import { makeBody } from '../../flow/message-body.ts';
import { manyAtATime } from '../rival-process.ts';
import { WORKERD_OUTSTANDING_MAX, WorkerdServer } from './workerd-server.ts';

const SOURCE = `
export class Entity {
  constructor(state) { this.storage = state.storage; }
  async fetch(request) {
    const count = (await this.storage.get('count')) ?? 0;
    if (request.url.endsWith('/read')) return new Response(String(count));
    if (request.body) await request.arrayBuffer();
    await this.storage.put('count', count + 1);
    return new Response(String(count + 1));
  }
}
`;

export class WorkerdCounter implements CounterSession, AskedCounter {
  readonly #server: WorkerdServer;
  readonly #draw: TargetDraw;
  readonly #body: Buffer | undefined;
  readonly #called = new Set<string>();

  private constructor(server: WorkerdServer, entities: number, bytes: number | undefined) {
    this.#server = server;
    this.#body = bytes === undefined ? undefined : Buffer.from(makeBody(bytes));
    this.#draw = new TargetDraw(entityIds(entities), 0);
  }

  /** Calls have a body of so many bytes, or none. */
  static async open(entities: number, bytes?: number): Promise<WorkerdCounter> {
    return new WorkerdCounter(await WorkerdServer.open(SOURCE), entities, bytes);
  }

  async addOne(id: string): Promise<number> {
    this.#called.add(id);
    return Number(await this.#server.call(`/${id}/add`, this.#body));
  }

  async add(count: number): Promise<number> {
    const startedMs = performance.now();
    await manyAtATime(count, WORKERD_OUTSTANDING_MAX, async () => void (await this.addOne(this.#draw.next())));
    return (performance.now() - startedMs) / 1000;
  }

  async sum(): Promise<number> {
    await this.#server.killAndRestart();
    const ids = [...this.#called];
    let sum = 0;
    await manyAtATime(ids.length, WORKERD_OUTSTANDING_MAX, async () => {
      const count = Number(await this.#server.call(`/${ids.pop() ?? ''}/read`));
      sum += count;
    });
    return sum;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
