/**
 * Accounts as Restate's virtual objects: the one that pays sends the money to the other, from object to object, so that
 * two that pay each other never wait for each other. A transfer counts when it is answered, which is when it is durable
 * that it was paid and that the money is under way. Killed and started again before the balances are added up.
 */
import type { BankSession } from '../../app/bank-contender.ts';
import { FIRST_BALANCE } from '../../app/bank-module.ts';
import { TransferDraw } from '../../app/transfer-draw.ts';
import { manyAtATime } from '../rival-process.ts';
import { RESTATE_OUTSTANDING_MAX, RestateServer } from './restate-server.ts';

const QUERY = "SELECT value_utf8 FROM state WHERE service_name = 'account' AND key = 'account'";

export class RestateBank implements BankSession {
  readonly #server: RestateServer;
  readonly #draw: TransferDraw;

  private constructor(server: RestateServer, entities: number) {
    this.#server = server;
    this.#draw = new TransferDraw(entities);
  }

  static async open(entities: number): Promise<RestateBank> {
    return new RestateBank(await RestateServer.open(entities), entities);
  }

  async transfer(count: number): Promise<number> {
    const startedMs = performance.now();
    await manyAtATime(count, RESTATE_OUTSTANDING_MAX, async () => {
      const { from, to, amount } = this.#draw.next();
      await this.#server.call(`/account/${from}/transfer`, { to, amount, firstBalance: FIRST_BALANCE });
    });
    return (performance.now() - startedMs) / 1000;
  }

  async totals(): Promise<{ gained: number; transfers: number }> {
    await this.#server.killAndRestart();
    await this.#server.drained();
    const totals = { gained: 0, transfers: 0 };
    for (const { value_utf8: text } of await this.#server.query<{ value_utf8: string }>(QUERY)) {
      const { gained, transfers } = JSON.parse(text) as typeof totals;
      totals.gained += gained;
      totals.transfers += transfers;
    }
    return totals;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
