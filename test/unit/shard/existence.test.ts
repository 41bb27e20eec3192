/**
 * Who has state, for messages that are only for those: what is written and not cleared or expired, of every kind.
 */
import { expect, test } from 'vitest';
import { type Context, defineFunction, list, table, value } from '../../../src/index.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { results, Stage } from './stage.ts';

const state = {
  plain: value<number>(),
  brief: value<number>({ expire: { after: 1_000, since: 'write' } }),
  entries: table<number>(),
  items: list<number>(),
};
type Order = 'plain' | 'brief' | 'entries' | 'items' | 'clear' | 'delete' | 'ask';

function obey(ctx: Context<typeof state>, order: Order): void {
  const { state: own } = ctx;
  if (order === 'plain') own.plain = 1;
  else if (order === 'brief') own.brief = 1;
  else if (order === 'entries') own.entries.set('key', 1);
  else if (order === 'items') own.items.append(1);
  else if (order === 'clear') for (const name of ['plain', 'brief', 'entries', 'items'] as const) ctx.clear(name);
  else if (order === 'delete') ctx.delete();
  else ctx.egress(results, 'here');
}

const keeper = defineFunction({ type: 'test/keeper', state, invoke: obey });

/** Whether somebody is there after these orders, given at these times. */
async function isThere(...orders: readonly (Order | number)[]): Promise<boolean> {
  const clock = new SimulatedClock(0);
  const on = new Stage([keeper], { clock, shardCount: 1 });
  for (const order of orders) {
    if (typeof order === 'number') clock.advance(order);
    else on.send('test/keeper', 'Kim', order);
    await on.play();
  }
  on.engine.coordinator.send(keeper, 'Kim', 'ask', { ifExists: true });
  await on.play();
  return on.records().length > 0;
}

test.each(['plain', 'brief', 'entries', 'items'] as const)('%s counts until it is cleared', async (kind) => {
  expect(await isThere()).toBe(false);
  expect(await isThere(kind)).toBe(true);
  expect(await isThere(kind, 'clear')).toBe(false);
  expect(await isThere(kind, 'delete')).toBe(false);
  expect(await isThere(kind, 'delete', kind)).toBe(true);
});

test('what has expired does not count, nor what the engine keeps about it', async () => {
  expect(await isThere('brief', 999)).toBe(true);
  expect(await isThere('brief', 1_000)).toBe(false);
  expect(await isThere('brief', 'plain', 1_000)).toBe(true);
});
