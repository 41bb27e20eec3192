/**
 * Deadlines: who is late is reported once and told, who does not listen is given up, and nobody else notices (I5).
 */
import { expect, test } from 'vitest';
import { type Context, defineFunction, type MillraceError, value } from '../../../src/index.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { type Gate, gate, results, Stage } from './stage.ts';

const DEADLINE_MS = 100;

let clock = new SimulatedClock();
let gates: Gate[] = [];
let signals: AbortSignal[] = [];
let late: unknown[] = [];

const state = { done: value({ initial: 0 }) };
type LateContext = Context<typeof state>;

/** Listens to its signal, or does not. */
const slow = defineFunction({
  type: 'test/slow',
  state,
  deadline: DEADLINE_MS,
  async invoke(ctx: LateContext, message: 'listen' | 'ignore' | 'go') {
    const own = gate();
    gates.push(own);
    if (message === 'listen') {
      signals.push(ctx.signal);
      const { promise, reject } = Promise.withResolvers<never>();
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
      await promise;
    }
    if (message === 'ignore') await own.promise;
    try {
      ctx.state.done++;
      ctx.egress(results, `${ctx.self.id} ${message}`);
    } catch (error) {
      late.push((error as MillraceError).code);
    }
  },
});
/** Takes as long as it is told, by the clock, and does not return before. */
const busy = defineFunction({
  type: 'test/busy',
  deadline: '0.1 s',
  invoke(ctx: Context, ms: number) {
    clock.advance(ms);
    ctx.egress(results, `took ${ms}`);
  },
});

/** The same, in one of the ways in which nobody can look meanwhile. */
type Manner = 'throw' | 'before await' | 'after await' | 'before await and go on' | 'settle';
const stubborn = defineFunction({
  type: 'test/stubborn',
  state,
  deadline: DEADLINE_MS,
  async invoke(ctx: LateContext, { manner, ms }: { readonly manner: Manner; readonly ms: number }) {
    if (manner === 'after await') await Promise.resolve();
    if (manner !== 'settle') clock.advance(ms);
    if (manner === 'throw') throw new Error('late');
    const own = gate();
    gates.push(own);
    if (manner === 'settle' || manner === 'before await and go on') await own.promise;
    if (manner === 'settle') clock.advance(ms);
    ctx.state.done++;
  },
});
/** Not declared async. */
const thrower = defineFunction({
  type: 'test/thrower',
  deadline: DEADLINE_MS,
  invoke(_ctx: Context, ms: number) {
    clock.advance(ms);
    throw new Error('late');
  },
});

function stage(): Stage {
  clock = new SimulatedClock();
  gates = [];
  signals = [];
  late = [];
  return new Stage([slow, busy, stubborn, thrower], { clock });
}

async function after(on: Stage, ms: number): Promise<void> {
  clock.advance(ms);
  await on.play();
}

function codes(on: Stage): string[] {
  return on.errors.map(({ code }) => code);
}

test('one that is late is reported once and aborted, and its address goes on', async () => {
  const on = stage();
  on.send('test/slow', 'Kim', 'listen');
  on.send('test/slow', 'Kim', 'go');
  await on.play();
  await after(on, DEADLINE_MS - 1);
  expect(signals[0].aborted).toBe(false);
  expect(on.errors).toEqual([]);
  await after(on, 1);
  expect(signals[0].reason).toMatchObject({ code: 'INVOCATION_OVERDUE', details: { type: 'test/slow', id: 'Kim' } });
  expect(codes(on)).toEqual(['INVOCATION_OVERDUE', 'INVOCATION_FAILED']);
  expect(on.errors[0].details).toMatchObject({ type: 'test/slow', id: 'Kim', deadlineMs: DEADLINE_MS });
  expect(on.records()).toEqual(['Kim go']);
  expect(on.engine.coordinator.isQuiescent).toBe(true);
});

test('one that does not listen is given up after as long again, and what it does then has no effect', async () => {
  const on = stage();
  on.send('test/slow', 'Kim', 'ignore');
  on.send('test/slow', 'Kim', 'go');
  await on.play();
  await after(on, DEADLINE_MS);
  expect(codes(on)).toEqual(['INVOCATION_OVERDUE']);
  expect(on.records()).toEqual([]);
  await after(on, DEADLINE_MS - 1);
  expect(on.records()).toEqual([]);
  await after(on, 1);
  expect(codes(on)).toEqual(['INVOCATION_OVERDUE', 'INVOCATION_FAILED']);
  expect(on.records()).toEqual(['Kim go']);
  gates[0].open();
  await on.play();
  expect(late).toEqual(['CONTEXT_EXPIRED']);
  expect(on.records()).toEqual([]);
  expect(on.engine.coordinator.isQuiescent).toBe(true);
});

test('one that was given up and ends much later ends no other', async () => {
  const on = stage();
  on.send('test/slow', 'Kim', 'ignore');
  await on.play();
  await after(on, DEADLINE_MS);
  await after(on, DEADLINE_MS);
  // Others begin and end, and others begin in their place.
  for (const id of ['Lee', 'Mia', 'Noa']) on.send('test/slow', id, 'go');
  await on.play();
  for (const id of ['Ann', 'Bob', 'Cem']) on.send('test/slow', id, 'ignore');
  await on.play();
  expect(on.records()).toEqual(['Lee go', 'Mia go', 'Noa go']);
  expect(on.engine.shards[0].underWay.busyCount).toBe(3);
  gates[0].open();
  await on.play();
  expect(on.engine.shards[0].underWay.busyCount).toBe(3);
  for (const own of gates.slice(-3)) own.open();
  await on.play();
  expect(on.records()).toEqual(['Ann ignore', 'Bob ignore', 'Cem ignore']);
  expect(on.engine.shards[0].underWay.busyCount).toBe(0);
});

test('one that ends in time, or within its grace, stands', async () => {
  const on = stage();
  on.send('test/slow', 'Kim', 'ignore');
  on.send('test/slow', 'Lou', 'ignore');
  await on.play();
  await after(on, DEADLINE_MS - 1);
  gates[0].open();
  await on.play();
  await after(on, 10);
  gates[1].open();
  await on.play();
  expect(on.records()).toEqual(['Kim ignore', 'Lou ignore']);
  await after(on, 10 * DEADLINE_MS);
  expect(codes(on)).toEqual(['INVOCATION_OVERDUE']);
  expect(on.engine.shards[0].restMs).toBe(Number.POSITIVE_INFINITY);
});

test('each of several is late in its time', async () => {
  const on = stage();
  for (const id of ['a', 'b', 'c']) {
    on.send('test/slow', id, 'ignore');
    await on.play();
    await after(on, 10);
  }
  await after(on, DEADLINE_MS - 30);
  const lateIds: unknown[][] = [];
  for (let turn = 0; turn < 3; turn++) {
    lateIds.push(on.errors.map(({ details }) => details['id']));
    await after(on, 10);
  }
  expect(lateIds).toEqual([['a'], ['a', 'b'], ['a', 'b', 'c']]);
});

test('a shard rests until the first may be late', async () => {
  const on = stage();
  on.send('test/slow', 'Kim', 'ignore');
  await on.play();
  await after(on, 30);
  on.send('test/slow', 'Lou', 'ignore');
  await on.play();
  expect(on.engine.shards[0].restMs).toBe(DEADLINE_MS - 30);
});

test('a synchronous one is reported when it has returned, and stands', async () => {
  const on = stage();
  on.send('test/busy', 'Kim', DEADLINE_MS);
  on.send('test/busy', 'Kim', DEADLINE_MS + 1);
  await on.play();
  expect(codes(on)).toEqual(['INVOCATION_OVERDUE']);
  expect(on.errors[0].message).toContain('took 101 ms');
  expect(on.records()).toEqual([`took ${DEADLINE_MS}`, `took ${DEADLINE_MS + 1}`]);
});

test('so is one that throws, and what it did has not happened', async () => {
  const on = stage();
  on.send('test/thrower', 'Kim', DEADLINE_MS);
  await on.play();
  expect(codes(on)).toEqual(['INVOCATION_FAILED']);
  on.send('test/thrower', 'Kim', DEADLINE_MS + 1);
  await on.play();
  expect(codes(on).toSorted()).toEqual(['INVOCATION_FAILED', 'INVOCATION_FAILED', 'INVOCATION_OVERDUE']);
});

test.each<[Manner, string[]]>([
  ['throw', ['INVOCATION_OVERDUE', 'INVOCATION_FAILED']],
  ['before await', ['INVOCATION_OVERDUE']],
  ['after await', ['INVOCATION_OVERDUE']],
  ['before await and go on', ['INVOCATION_OVERDUE']],
  ['settle', ['INVOCATION_OVERDUE']],
])('an async one is timed from its beginning to its end, also while it computes: %s', async (manner, expected) => {
  const on = stage();
  on.send('test/stubborn', 'Kim', { manner, ms: DEADLINE_MS - 1 });
  await on.play();
  gates.pop()?.open();
  await on.play();
  expect(codes(on)).toEqual(manner === 'throw' ? ['INVOCATION_FAILED'] : []);
  on.errors.length = 0;
  on.send('test/stubborn', 'Lou', { manner, ms: DEADLINE_MS + 1 });
  await on.play();
  gates.pop()?.open();
  await on.play();
  expect(codes(on)).toEqual(expected);
  expect(on.errors[0].details).toEqual({ type: 'test/stubborn', id: 'Lou', deadlineMs: DEADLINE_MS });
  expect(on.engine.coordinator.isQuiescent).toBe(true);
});

test('when the shard ends, signals abort', async () => {
  const on = stage();
  on.send('test/slow', 'Kim', 'listen');
  await on.play();
  await on.engine.shards[0].close();
  expect(signals[0].reason).toMatchObject({ code: 'ENGINE_STOPPED' });
});

test.each([0, -1, 'soon', Number.NaN])('a deadline of %s is refused', (deadline) => {
  expect(() => defineFunction({ type: 'test/x', deadline, invoke: () => {} })).toThrow('deadline must be a duration');
});
