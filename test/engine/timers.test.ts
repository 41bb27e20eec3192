/**
 * Delayed messages on real threads and real disks: they outlive a stop, a kill, a savepoint and another number of shards,
 * come about when they are due, and an engine that only waits for them costs nothing.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Engine, EngineOptions, PendingTimer } from '../../src/index.ts';
import { ENTRIES, ENTRY_NAMES, scratch } from './durability-stage.ts';
import { beat, keeper } from './timers-module.ts';

const MODULE = new URL('./timers-module.ts', import.meta.url);
const IDS = Array.from({ length: 40 }, (_, index) => `keeper-${index}`);

async function open(entry: string, options: Partial<EngineOptions>): Promise<Engine> {
  const engine = await ENTRIES[entry]({
    module: MODULE,
    shardCount: 2,
    ...options,
  });
  onTestFinished(async () => {
    await engine.stop({ force: true }).catch(() => {});
  });
  return engine;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

async function rungOf(engine: Engine, id: string): Promise<readonly number[]> {
  return (await engine.ask(keeper, id, { do: 'rung?' })) as number[];
}

async function allRung(engine: Engine, count: number): Promise<void> {
  const rung = await Promise.all(IDS.map((id) => rungOf(engine, id)));
  for (const numbers of rung) expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
}

/** Sets alarms for keepers that nobody has used yet. Returns how late the latest of them came. */
async function worstLatenessMs(engine: Engine, attempt: number): Promise<number> {
  const ids = IDS.map((id) => `${id}-${attempt}`);
  for (const id of ids) {
    await engine.send(keeper, id, { do: 'set', delay: 400, numbers: [2, 3] });
    await engine.send(keeper, id, { do: 'set', delay: 30, numbers: [0, 1] });
  }
  await until(async () => (await Promise.all(ids.map((id) => rungOf(engine, id)))).every(({ length }) => length === 4));
  // Those of each message in their order; which message's come first depends on how long this thread was kept waiting.
  for (const id of ids)
    expect([...(await rungOf(engine, id))].sort((a, b) => (a >> 1) - (b >> 1))).toEqual([0, 1, 2, 3]);
  const worst = await Promise.all(ids.map((id) => engine.ask(keeper, id, { do: 'worst?' })));
  for (const [, earlyCount] of worst as [number, number][]) expect(earlyCount).toBe(0);
  return Math.max(...(worst as [number, number][]).map(([worstMs]) => worstMs));
}

test('in memory they come in order, soon after they are due, and never before', async () => {
  const engine = await open('millrace', {});
  const latenesses: number[] = [];
  // A crowded machine is late in everything, now and then; idle threads that do not wake for timers would be late by
  // 100 ms every time.
  do latenesses.push(await worstLatenessMs(engine, latenesses.length));
  while (Math.min(...latenesses) >= 80 && latenesses.length < 10);
  expect(Math.min(...latenesses), `${latenesses.join(', ')} ms`).toBeLessThan(80);
});

test('an engine that waits for timers burns no core', async () => {
  const engine = await open('millrace', {});
  for (const id of IDS) await engine.send(keeper, id, { do: 'set', delay: 3_600_000, numbers: [0] });
  await engine.drained();
  await sleep(300);
  const shares: number[] = [];
  do {
    const before = process.cpuUsage();
    await sleep(500);
    const { user, system } = process.cpuUsage(before);
    shares.push((user + system) / 500_000);
  } while (Math.min(...shares) > 0.02 && shares.length < 10);
  expect(Math.min(...shares)).toBeLessThan(0.02);
});

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('they are there after a stop, and those due meanwhile come at once', async () => {
    const directory = join(scratch(), 'data');
    const first = await open(entry, { directory });
    for (const id of IDS) {
      await first.send(keeper, id, { do: 'set', delay: 100, numbers: [0, 1] });
      await first.send(keeper, id, { do: 'set', delay: 3_600_000, numbers: [9], token: 'far' });
    }
    await first.stop();
    await sleep(120);
    const second = await open(entry, { directory });
    await until(async () => (await rungOf(second, IDS.at(-1) as string)).length === 2);
    await sleep(50);
    await allRung(second, 2);
    for (const id of IDS) {
      const pending = (await second.ask(keeper, id, { do: 'pending?' })) as PendingTimer[];
      expect(pending.map(({ token }) => token)).toEqual(['far']);
      expect(await second.ask(keeper, id, { do: 'cancel', token: 'far' })).toBe(true);
      expect(await second.ask(keeper, id, { do: 'pending?' })).toEqual([]);
    }
  });

  test('a savepoint carries them into another number of shards', async () => {
    const folder = scratch();
    const first = await open(entry, { directory: join(folder, 'data') });
    for (const id of IDS) await first.send(keeper, id, { do: 'set', delay: 300, numbers: [0, 1, 2] });
    await first.savepoint(join(folder, 'savepoint'));
    await first.stop();
    const second = await open(entry, {
      directory: join(folder, 'other'),
      from: join(folder, 'savepoint'),
      shardCount: 3,
    });
    await sleep(400);
    await until(async () => (await rungOf(second, IDS.at(-1) as string)).length === 3);
    await sleep(50);
    await allRung(second, 3);
    expect(await second.ask(keeper, IDS[0], { do: 'pending?' })).toEqual([]);
    await second.stop();
    // And the same directory with one shard, where timers set by three owners come together.
    const third = await open(entry, { directory: join(folder, 'other'), shardCount: 1 });
    for (const id of IDS) await third.send(keeper, id, { do: 'set', delay: 5, numbers: [3] });
    await sleep(100);
    await allRung(third, 4);
  });

  test('each comes once, however often the process is killed', async () => {
    const folder = scratch();
    let beats = 0;
    for (let kill = 0; kill < 4; kill++) {
      const child = fork(new URL('./timers-child.ts', import.meta.url), [entry, folder, kill === 0 ? 'first' : ''], {
        execArgv: [],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      await once(child, 'message');
      await sleep(40 + kill * 35);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    const engine = await open(entry, { directory: join(folder, 'data') });
    const look = async (): Promise<number[][]> =>
      (await Promise.all(['a', 'b', 'c', 'd'].map((id) => engine.ask(beat, id, 'counts?')))) as number[][];
    // They go on by themselves, from where the last commit has them.
    await until(async () => {
      const counts = await look();
      const total = counts.reduce((sum, [count]) => sum + count, 0);
      const hasMoved = beats > 0 && total > beats;
      beats = total;
      return hasMoved;
    });
    for (const [count, cancelled, wrong] of await look()) {
      expect(wrong).toBe(0);
      expect(cancelled).toBe(count - 1);
      expect(count).toBeGreaterThan(20);
    }
  });
});
