/**
 * Counters as Restate's virtual objects: one object per id, one state. An answer means that the increment is durable.
 * Killed and started again before its state is added up by its own query interface.
 */
import type { AskedCounter } from '../../flow/ask-committed.ts';
import { entityIds, TargetDraw } from '../../flow/entity-ids.ts';
import type { CounterSession } from '../../flow/keyed-counter.ts';
import { manyAtATime } from '../rival-process.ts';
import { RESTATE_OUTSTANDING_MAX, RestateServer } from './restate-server.ts';

const SUM_QUERY = "SELECT value_utf8 FROM state WHERE service_name = 'counter' AND key = 'count'";

export class RestateCounter implements CounterSession, AskedCounter {
  readonly #server: RestateServer;
  readonly #draw: TargetDraw;
  readonly #argument: { readonly body: string } | undefined;

  private constructor(server: RestateServer, entities: number, bytes: number | undefined) {
    this.#server = server;
    this.#argument = bytes === undefined ? undefined : { body: 'x'.repeat(bytes) };
    this.#draw = new TargetDraw(entityIds(entities), 0);
  }

  /** Calls have an argument of so many bytes, as JSON, or none. */
  static async open(entities: number, bytes?: number): Promise<RestateCounter> {
    return new RestateCounter(await RestateServer.open(entities), entities, bytes);
  }

  async addOne(id: string): Promise<number> {
    return Number(await this.#server.call(`/counter/${id}/add`, this.#argument));
  }

  async add(count: number): Promise<number> {
    const startedMs = performance.now();
    await manyAtATime(count, RESTATE_OUTSTANDING_MAX, async () => void (await this.addOne(this.#draw.next())));
    return (performance.now() - startedMs) / 1000;
  }

  async sum(): Promise<number> {
    await this.#server.killAndRestart();
    const rows = await this.#server.query<{ value_utf8: string }>(SUM_QUERY);
    return rows.reduce((sum, row) => sum + Number(row.value_utf8), 0);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
