/**
 * Accounts as Durable Objects: the one that pays calls the other, and answers when that one has the money. Each object is
 * durable by itself, but nothing holds the two together: a crash between them loses the money that is under way, which
 * an outbox and alarms would have to mend at a cost. So this rival does less than is asked for. Killed, when nothing is
 * under way, and started again before the balances are read.
 */
import type { BankSession } from '../../app/bank-contender.ts';
import { FIRST_BALANCE } from '../../app/bank-module.ts';
import { TransferDraw } from '../../app/transfer-draw.ts';
import { manyAtATime } from '../rival-process.ts';
import { WORKERD_OUTSTANDING_MAX, WorkerdServer } from './workerd-server.ts';

const SOURCE = `
export class Entity {
  constructor(state, env) { this.storage = state.storage; this.objects = env.OBJECTS; }
  async fetch(request) {
    const [, what, amountText, to] = new URL(request.url).pathname.split('/');
    const account = (await this.storage.get('account')) ?? { gained: 0, transfers: 0 };
    if (what === 'read') return Response.json(account);
    const amount = Number(amountText);
    const pays = what === 'transfer' && ${FIRST_BALANCE} + account.gained >= amount;
    if (what === 'transfer') account.transfers++;
    if (pays) account.gained -= amount;
    if (what === 'deposit') account.gained += amount;
    const written = this.storage.put('account', account);
    if (pays) await this.objects.get(this.objects.idFromName(to)).fetch('http://object/deposit/' + amount);
    await written;
    return new Response('done');
  }
}
`;

export class WorkerdBank implements BankSession {
  readonly #server: WorkerdServer;
  readonly #draw: TransferDraw;
  readonly #called = new Set<string>();

  private constructor(server: WorkerdServer, entities: number) {
    this.#server = server;
    this.#draw = new TransferDraw(entities);
  }

  static async open(entities: number): Promise<WorkerdBank> {
    return new WorkerdBank(await WorkerdServer.open(SOURCE), entities);
  }

  async transfer(count: number): Promise<number> {
    const startedMs = performance.now();
    await manyAtATime(count, WORKERD_OUTSTANDING_MAX, async () => {
      const { from, to, amount } = this.#draw.next();
      this.#called.add(from).add(to);
      await this.#server.call(`/${from}/transfer/${amount}/${to}`);
    });
    return (performance.now() - startedMs) / 1000;
  }

  async totals(): Promise<{ gained: number; transfers: number }> {
    await this.#server.killAndRestart();
    const ids = [...this.#called];
    const totals = { gained: 0, transfers: 0 };
    await manyAtATime(ids.length, WORKERD_OUTSTANDING_MAX, async () => {
      const text = await this.#server.call(`/${ids.pop() ?? ''}/read`);
      const { gained, transfers } = JSON.parse(text) as typeof totals;
      totals.gained += gained;
      totals.transfers += transfers;
    });
    return totals;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
