/**
 * Lets some accounts have frauds, sends transactions after them and prints the alerts:
 * `node examples/fraud-detection/main.ts [--transactions N]`. In a project of your own, import from 'millrace'.
 */
import { parseArgs } from 'node:util';
import { defineIngress, type IngressSource, startEngine } from '../../src/index.ts';
import {
  account,
  ALERT_PROBABILITY,
  type Alert,
  alerts,
  probabilityOf,
  type Transaction,
  transactions,
} from './module.ts';
import { scoreOf } from './third-party.ts';

const ACCOUNTS = ['Kim', 'Lou', 'Ada', 'Bob', 'Eve'];
const MERCHANTS = ['corner shop', 'shady goods', 'garage', 'shady tickets', 'library'];
/** How many frauds each account has had. */
const FRAUDS: ReadonlyMap<string, number> = new Map([
  ['Eve', 3],
  ['Bob', 1],
]);
const BATCH_COUNT = 100;

function transactionOf(index: number): Transaction {
  const amount = (index * 37) % 1_400;
  const [from, at] = [ACCOUNTS[index % ACCOUNTS.length], MERCHANTS[(index * 7 + (index >> 3)) % MERCHANTS.length]];
  return { kind: 'transaction', id: `t-${index}`, account: from, merchant: at, amount };
}

/** As many transactions, which can be read again from any of them. */
function source(count: number): IngressSource<Transaction> {
  return {
    replayable: true,
    async *read(from) {
      for (let at = Number(from ?? 0); at < count; at += BATCH_COUNT) {
        const end = Math.min(count, at + BATCH_COUNT);
        yield { records: Array.from({ length: end - at }, (_, index) => transactionOf(at + index)), position: end };
      }
    },
  };
}

/** Which alerts there must be, by a plain loop. */
function expectedAlerts(count: number): string[] {
  const suspects = Array.from({ length: count }, (_, index) => transactionOf(index)).filter((given) => {
    const frauds = FRAUDS.get(given.account) ?? 0;
    const probability = probabilityOf({ amount: given.amount, frauds, merchantScore: scoreOf(given.merchant) });
    return probability >= ALERT_PROBABILITY;
  });
  return suspects.map(({ id }) => id);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { transactions: { type: 'string', default: '5000' } } });
  const count = Number(values.transactions);
  if (!Number.isSafeInteger(count) || count < 1) throw new Error('--transactions takes a whole number from 1.');
  const found: Alert[] = [];
  // Confirmed frauds come first here, so that a plain loop can say what must come of it.
  const gate = Promise.withResolvers<void>();
  const given = source(count);
  const held: IngressSource<Transaction> = {
    replayable: true,
    async *read(from, hooks) {
      await gate.promise;
      yield* given.read(from, hooks);
    },
  };
  const engine = await startEngine({
    module: new URL('./service.ts', import.meta.url),
    ingresses: [defineIngress({ type: transactions, source: held })],
  });
  try {
    engine.egress(alerts, (alert) => void found.push(alert));
    for (const [id, frauds] of FRAUDS) {
      for (let fraud = 0; fraud < frauds; fraud++) await engine.send(account, id, 'confirm fraud');
    }
    for (const [id, frauds] of FRAUDS) {
      const { count: known } = await engine.ask(account, id, 'query');
      console.log(`${id} has ${known} of ${frauds} frauds`);
    }
    gate.resolve();
    await engine.drained();
  } finally {
    await engine.stop();
  }
  const ids = found.map(({ transaction }) => transaction).toSorted();
  const isRight = ids.join() === expectedAlerts(count).toSorted().join();
  console.log(`${count} transactions, ${found.length} alerts, as a plain loop says: ${isRight ? 'yes' : 'NO'}`);
  if (!isRight) process.exitCode = 1;
}

await main();
