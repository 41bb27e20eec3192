/**
 * All-to-all as Restate's virtual objects: an object that is invoked counts and sends to another one at random, from
 * object to object, until the hops are used up. When a chain has ended the functions tell this process by themselves.
 * Killed and started again before the counts are added up.
 */
import type { FlowSession } from '../../flow/flow-contender.ts';
import { entityIds, TargetDraw } from '../../flow/entity-ids.ts';
import { RestateServer } from './restate-server.ts';

const QUERY = "SELECT value_utf8 FROM state WHERE service_name = 'relay' AND key = 'count'";

export class RestateRelay implements FlowSession {
  readonly #server: RestateServer;
  readonly #draw: TargetDraw;
  readonly #chains: number;
  /** By number. An invocation that is retried may tell twice. */
  readonly #open = new Set<number>();
  #lastChain = 0;
  #allEnded: () => void = () => {};

  private constructor(server: RestateServer, entities: number, chains: number) {
    this.#server = server;
    this.#chains = chains;
    this.#draw = new TargetDraw(entityIds(entities), 0);
    server.onTold((told) => this.#ended((told as { ended: number }).ended));
  }

  static async open(entities: number, chains: number): Promise<RestateRelay> {
    return new RestateRelay(await RestateServer.open(entities), entities, chains);
  }

  async run(rounds: number): Promise<number> {
    const numbers = Array.from({ length: this.#chains }, () => ++this.#lastChain);
    for (const chain of numbers) this.#open.add(chain);
    const ended = new Promise<void>((resolve) => {
      this.#allEnded = resolve;
    });
    const startedMs = performance.now();
    await Promise.all(
      numbers.map((chain) => this.#server.call(`/relay/${this.#draw.next()}/pass/send`, { hops: rounds, chain })),
    );
    await ended;
    return (performance.now() - startedMs) / 1000;
  }

  #ended(chain: number): void {
    if (this.#open.delete(chain) && this.#open.size === 0) this.#allEnded();
  }

  async reopen(): Promise<void> {
    await this.#server.killAndRestart();
    await this.#server.drained();
  }

  /** Its objects are not touched beforehand: that alone would take a minute, and changes nothing for it. */
  async takeSum(): Promise<number> {
    const rows = await this.#server.query<{ value_utf8: string }>(QUERY);
    return rows.reduce((sum, row) => sum + Number(row.value_utf8), 0);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
