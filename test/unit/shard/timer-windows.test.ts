/**
 * Windows of timers over rows: what is due soon is in the queue in time, once, and what is not stays out of memory;
 * whatever is added meanwhile, and however the clock jumps.
 */
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { TimerWindows } from '../../../src/shard/time/timer-windows.ts';
import type { Pair } from '../../../src/state/pair-layout.ts';
import { QueuedKeys } from '../../../src/timers/queued-keys.ts';
import { dueOfStamp, stampOf, stampOfTimer, timerKey } from '../../../src/timers/timer-layout.ts';
import { TimerKeys } from '../../../src/timers/timer-keys.ts';
import { TimerQueue } from '../../../src/timers/timer-queue.ts';

const SOON_MS = 5_000;
const FAR_MS = 60_000;

class Stand {
  readonly rows = new Rows(new DirtyEntities());
  readonly queue = new TimerQueue();
  readonly keys = new QueuedKeys();
  readonly windows = new TimerWindows(this.rows, this.queue, this.keys, { first: 4, end: 8 }, () => {});
  readonly set = new Set<string>();
  readonly taken: string[] = [];
  nowMs = 1_000_000;
  readonly #keys = new TimerKeys();
  #count = 0;

  add(keyGroup: number, delayMs: number): void {
    const dueMs = this.nowMs + delayMs;
    this.#keys.set(keyGroup, 'a/b', 'Kim', dueMs, 1, this.#count++);
    const { pairs } = this.rows;
    const pair = pairs.add(this.#keys.timer, this.#keys.owner, this.#keys.ownerBytes, true);
    this.set.add(pairs.all.firstKey(pair));
    if (!this.windows.add(pair, keyGroup, dueMs, this.nowMs)) pairs.all.letGo(pair);
  }

  /** A row that is there from an earlier life. */
  leave(keyGroup: number, dueMs: number): void {
    const key = timerKey(keyGroup, stampOf(dueMs, 0, this.#count++));
    this.rows.set(key, true);
    this.set.add(key);
    this.windows.suspect(keyGroup);
  }

  /** Turns until nothing is left to read. */
  async turn(): Promise<void> {
    for (let idle = 0; idle < 2; ) {
      idle = this.windows.work(this.nowMs) > 0 || this.windows.isReading ? 0 : idle + 1;
      await setImmediate();
    }
  }

  fire(): void {
    while (this.queue.dueMs <= this.nowMs) {
      const timer = this.queue.take();
      const key = timer < 0 ? this.keys.take(~timer) : this.rows.pairs.all.firstKey(timer as Pair);
      this.taken.push(key);
      this.rows.set(key, undefined);
    }
  }

  dueBy(ms: number): number {
    return [...this.set].filter((key) => dueOfStamp(stampOfTimer(key)) <= ms).length;
  }
}

test('a key group full of overdue timers comes piece by piece, in order', async () => {
  const stand = new Stand();
  for (let index = 0; index < 2_000; index++) stand.leave(5, 500_000 + (index % 7));
  stand.windows.work(stand.nowMs);
  await setImmediate();
  stand.windows.work(stand.nowMs);
  expect(stand.queue.size).toBe(512);
  await stand.turn();
  stand.fire();
  expect(stand.taken).toEqual([...stand.set].toSorted());
});

test('far timers cost no place in the queue, and come in time', async () => {
  const stand = new Stand();
  for (let index = 0; index < 300; index++) stand.add(4 + (index % 4), FAR_MS + index);
  await stand.turn();
  expect([stand.queue.size, stand.windows.wakeMs]).toEqual([0, stand.nowMs + FAR_MS - SOON_MS]);
  stand.nowMs += FAR_MS - SOON_MS + 3;
  await stand.turn();
  expect(stand.queue.size).toBe(300);
});

test('a clock that is set back does not make it read again what it has', async () => {
  const stand = new Stand();
  stand.add(4, 10_000);
  stand.add(4, 2 * FAR_MS);
  stand.nowMs -= 30_000;
  stand.windows.suspect(4);
  await stand.turn();
  stand.nowMs += 2 * FAR_MS + 25_000;
  await stand.turn();
  expect(stand.queue.size).toBe(2);
});

test('a reading that fails ends the shard', async () => {
  const stand = new Stand();
  stand.rows.scan = () => {
    throw new Error('disk is gone');
  };
  stand.leave(4, 0);
  stand.windows.work(stand.nowMs);
  await setImmediate();
  expect(stand.windows.wakeMs).toBe(0);
  expect(() => stand.windows.work(stand.nowMs)).toThrow('disk is gone');
});

type Step = { readonly add: number; readonly group: number } | { readonly jump: number } | { readonly turn: boolean };

const delays = fc.oneof(fc.nat(10), fc.nat(20_000), fc.nat(200_000));
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ add: delays, group: fc.integer({ min: 4, max: 7 }) }),
    fc.record({ jump: fc.oneof(fc.nat(10_000), fc.integer({ min: -30_000, max: 100_000 })) }),
    fc.record({ turn: fc.boolean() }),
  ),
  { maxLength: 80 },
);

test('each comes once, in its turn, and before it is due if it is looked for in time', async () => {
  const property = fc.asyncProperty(steps, fc.array(fc.nat(2_000_000), { maxLength: 20 }), async (all, old) => {
    const stand = new Stand();
    old.forEach((due, index) => stand.leave(4 + (index % 4), due));
    for (const step of all) {
      if ('add' in step) stand.add(step.group, step.add);
      else if ('jump' in step) stand.nowMs += step.jump;
      // A part of the way, so that more comes while something is being read.
      else if (step.turn) stand.windows.work(stand.nowMs);
      else await stand.turn();
      stand.fire();
    }
    await stand.turn();
    stand.fire();
    expect(stand.queue.size + stand.taken.length).toBeGreaterThanOrEqual(stand.dueBy(stand.nowMs + SOON_MS));
    for (; stand.taken.length < stand.set.size; stand.nowMs += 3_000) {
      await stand.turn();
      stand.fire();
    }
    expect(stand.taken.toSorted()).toEqual([...stand.set].toSorted());
  });
  await fc.assert(property, { numRuns: 150 });
});
