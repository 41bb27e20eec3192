/**
 * Code that never comes back is reported wherever it is: in an invocation, behind its `await`, or in an operation of
 * `ctx.async`. A shard that only waits is not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Order } from './puppet.ts';
import { asyncPuppet, puppet } from './puppet.ts';
import { closedGate, openEngine, until } from './puppet-engine.ts';

/** A thread of a crowded machine may stand still for some hundred milliseconds by itself, but then it does not answer. */
const STUCK_MS = 300;

test.each<[string, (gate: string) => Order, string]>([
  ['in its invocation', (gate) => ({ do: 'spin', gate }), 'has been in one invocation of puppet/async'],
  ['behind an await', (gate) => ({ do: 'sleep', ms: 5, after: { do: 'spin', gate } }), 'behind an await'],
  ['in an operation', (gate) => ({ do: 'operate', gate }), 'has been in one invocation of puppet/async'],
])('a loop %s is reported once, with its address', async (_, order, expected) => {
  const { engine, errors } = await openEngine({ shardCount: 1, stuckMs: STUCK_MS });
  const gate = closedGate();
  await engine.send(asyncPuppet, 'Kim', order(gate.gate));
  await until(() => errors.length > 0);
  expect(errors[0]).toMatchObject({ code: 'SHARD_STUCK', details: { shard: 0, type: asyncPuppet.type } });
  expect(errors[0]?.message).toContain(expected);
  gate.open();
  await engine.drained();
  expect(errors).toHaveLength(1);
});

test('where several are under way it says how many of what', async () => {
  const { engine, errors } = await openEngine({ shardCount: 1, stuckMs: STUCK_MS });
  const gate = closedGate();
  const waiting = closedGate();
  for (const id of ['Lou', 'Mia']) await engine.send(asyncPuppet, id, { do: 'wait', gate: waiting.gate });
  await engine.send(puppet, 'Kim', { do: 'sleep', ms: 20, after: { do: 'spin', gate: gate.gate } });
  await until(() => errors.length > 0);
  expect(errors[0]?.details).toEqual({ shard: 0, underWay: { [asyncPuppet.type]: 2, [puppet.type]: 1 } });
  gate.open();
  waiting.open();
  await engine.drained();
});

test('shards that sleep, or wait for what is slow, are not stuck', async () => {
  const { engine, errors } = await openEngine({ stuckMs: STUCK_MS });
  const { gate, open } = closedGate();
  await engine.send(asyncPuppet, 'Kim', { do: 'wait', gate });
  await sleep(4 * STUCK_MS);
  open();
  await engine.drained();
  await sleep(4 * STUCK_MS);
  expect(errors).toEqual([]);
});
