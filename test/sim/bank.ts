/**
 * A bank: clients order transfers with idempotency keys; each is a withdrawal, a deposit elsewhere and a receipt back.
 * At every committed cut the money in accounts and in flight is what it was in the beginning, no key has been carried
 * out twice and none that was acknowledged is missing; and between any two accounts deposits come in the order in which
 * they were sent, without gaps, whatever has been replayed.
 */
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { type Context, defineFunction, defineModule, type Module, value, type ValueSpec } from '../../src/index.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import { check } from '../../src/testing/violation.ts';
import { KeyedClients, type KeyedMessage } from './keyed-client.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';

const BALANCE_AT_FIRST = 100;
const WIDE_CHANCE = 0.04;
const WIDE_COUNT = 700;

type Counts = Readonly<Record<string, number>>;
type AccountState = {
  readonly balance: ValueSpec<number>;
  readonly keys: ValueSpec<readonly string[]>;
  /** Per account, how many deposits were sent to it and have come from it. */
  readonly sent: ValueSpec<Counts>;
  readonly got: ValueSpec<Counts>;
  readonly receipts: ValueSpec<number>;
};

interface Transfer {
  readonly do: 'transfer';
  readonly key: string;
  readonly to: Account;
  readonly amount: number;
}

interface Deposit {
  readonly do: 'deposit';
  readonly amount: number;
  readonly number: number;
}

/** A deposit of nothing to everybody. */
interface Gift {
  readonly do: 'gift';
  readonly key: string;
  readonly to: readonly Account[];
}

type BankMessage = Transfer | Deposit | Gift | { readonly do: 'receipt' };

interface Account {
  readonly type: string;
  readonly id: string;
}

const PLAIN = 'bank/account';
const SLOW = 'bank/slow';

function nameOf({ type, id }: Account): string {
  return `${type} ${id}`;
}

export class Bank implements Workload {
  readonly #outside: Outside;
  readonly #clients: KeyedClients;
  readonly #accounts: readonly Account[];
  #violation: string | undefined;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    // More accounts than a checkpoint encodes in one turn, all of them changed by one order.
    const isWide = prng.chance(WIDE_CHANCE);
    const accountCount = isWide ? WIDE_COUNT : prng.pick([2, 4, 12, 40]);
    this.#outside = outside;
    this.#accounts = Array.from({ length: accountCount }, (_, index) => ({
      type: isWide || prng.chance(0.8) ? PLAIN : SLOW,
      id: `${index % 3 === 0 ? 'ä' : ''}${index}`,
    }));
    const orders = Array.from({ length: setting.size * 2 }, (_, index) => this.#order(`order-${index}`));
    const gift: Gift = { do: 'gift', key: 'gift', to: this.#accounts };
    this.#clients = new KeyedClients(
      outside,
      isWide ? [{ key: 'gift', ...this.#accounts[0], message: gift }, ...orders] : orders,
    );
  }

  #order(key: string): KeyedMessage {
    const { prng } = this.#outside;
    const transfer: Transfer = { do: 'transfer', key, to: prng.pick(this.#accounts), amount: 1 + prng.below(60) };
    return { key, ...prng.pick(this.#accounts), message: transfer };
  }

  newModule(): Module {
    const state = {
      balance: value({ initial: BALANCE_AT_FIRST }),
      keys: value<readonly string[]>({ initial: [] }),
      sent: value<Counts>({ initial: {} }),
      got: value<Counts>({ initial: {} }),
      receipts: value({ initial: 0 }),
    };
    const plain = defineFunction({
      type: PLAIN,
      state,
      invoke: (ctx: Context<AccountState>, message: BankMessage) => this.#carryOut(ctx, message),
    });
    const slow = defineFunction({
      type: SLOW,
      state,
      invoke: async (ctx: Context<AccountState>, message: BankMessage) => {
        const { clock, prng, linger } = this.#outside;
        await (prng.chance(0.2) ? linger() : clock.sleep(prng.below(10)));
        this.#carryOut(ctx, message);
      },
    });
    return defineModule({ functions: [plain, slow] });
  }

  #carryOut(ctx: Context<AccountState>, message: BankMessage): void {
    const { state } = ctx;
    this.#outside.note(state.balance);
    if (message.do === 'transfer') this.#transfer(ctx, message);
    else if (message.do === 'gift') this.#give(ctx, message);
    else if (message.do === 'receipt') state.receipts++;
    else {
      const from = ctx.caller;
      if (from === undefined) throw new Error('a deposit without a caller');
      const last = state.got[nameOf(from)] ?? 0;
      if (message.number !== last + 1) {
        this.#violation ??= `deposit ${message.number} from ${nameOf(from)} came to ${nameOf(ctx.self)} after ${last} (I2, I4)`;
      }
      state.got = { ...state.got, [nameOf(from)]: message.number };
      state.balance += message.amount;
      ctx.reply({ do: 'receipt' });
    }
  }

  #transfer(ctx: Context<AccountState>, { key, to, amount }: Transfer): void {
    const { state } = ctx;
    state.keys = [...state.keys, key];
    if (state.balance < amount) return;
    const number = (state.sent[nameOf(to)] ?? 0) + 1;
    state.balance -= amount;
    state.sent = { ...state.sent, [nameOf(to)]: number };
    ctx.send(to.type, to.id, { do: 'deposit', amount, number });
  }

  #give(ctx: Context<AccountState>, { key, to }: Gift): void {
    const { state } = ctx;
    const sent = { ...state.sent };
    for (const account of to) {
      const name = nameOf(account);
      sent[name] = (sent[name] ?? 0) + 1;
      ctx.send(account.type, account.id, { do: 'deposit', amount: 0, number: sent[name] });
    }
    state.keys = [...state.keys, key];
    state.sent = sent;
  }

  started(): void {}

  died(): void {
    this.#clients.died();
  }

  step(process: DurableProcess): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    return this.#clients.step(process);
  }

  isDone(): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    return this.#clients.isDone;
  }

  invocationFailed(error: MillraceError): void {
    check(false, () => `no invocation of a bank fails: ${error.stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set(this.#clients.acknowledged);
  }

  checkCut({ entities, messages, keys: admitted, entry }: CommittedCut, known: ReadonlySet<string>): void {
    let total = 0;
    const keys: string[] = [];
    for (const account of this.#accounts) {
      const state = entities.get(nameOf(account));
      total += (state?.['balance'] as number | undefined) ?? BALANCE_AT_FIRST;
      keys.push(...((state?.['keys'] as string[] | undefined) ?? []));
    }
    for (const { message } of messages as readonly { readonly message: BankMessage }[]) {
      if (message.do === 'deposit') total += message.amount;
      else if (message.do === 'transfer' || message.do === 'gift') keys.push(message.key);
    }
    const epoch = entry?.epoch ?? 0;
    const expected = this.#accounts.length * BALANCE_AT_FIRST;
    check(total === expected, () => `epoch ${epoch}: a total of ${total}, not ${expected} (I6)`);
    const distinct = new Set(keys);
    check(distinct.size === keys.length, () => `epoch ${epoch}: an order was carried out twice`);
    for (const key of known) check(distinct.has(key), () => `epoch ${epoch}: ${key} was acknowledged and is lost`);
    const sorted = [keys, admitted].map((list) => list.toSorted().join());
    check(sorted[0] === sorted[1], () => `epoch ${epoch}: orders are ${sorted[0]}, but keys ${sorted[1]}`);
  }

  checkEnd(cut: CommittedCut): void {
    this.checkCut(cut, this.known());
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
    const sum = (name: 'sent' | 'got'): number =>
      [...cut.entities.values()].reduce((total, state) => {
        return total + Object.values((state[name] as Counts | undefined) ?? {}).reduce((a, b) => a + b, 0);
      }, 0);
    const receipts = [...cut.entities.values()].reduce((total, state) => total + Number(state['receipts'] ?? 0), 0);
    const [sent, got] = [sum('sent'), sum('got')];
    check(sent === got && got === receipts, () => `${sent} deposits sent, ${got} got, ${receipts} receipts`);
  }
}
