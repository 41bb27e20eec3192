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
import { IDLE_SHARE_MAX, restingShare, until } from './puppet-engine.ts';
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

async function rungOf(engine: Engine, id: string): Promise<readonly number[]> {
  return (await engine.ask(keeper, id, { do: 'rung?' })) as number[];
}

/** Waits until each has heard so many alarms, and sees that it has heard each once and in order. */
async function allRing(engine: Engine, count: number): Promise<void> {
  await until(async () => {
    const rung = await Promise.all(IDS.map((id) => rungOf(engine, id)));
    return rung.every(({ length }) => length >= count);
  });
  const rung = await Promise.all(IDS.map((id) => rungOf(engine, id)));
  for (const numbers of rung) expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
}

/** Half of what an alarm would be late whose thread sleeps on until it looks round by itself. */
const PROMPT_MS = 35;

/** Sets an alarm for a keeper that nobody has used yet, and asks nothing meanwhile. Returns how late it was. */
async function latenessMs(engine: Engine, attempt: number): Promise<number> {
  const id = `prompt-${attempt}`;
  // An idle thread looks round by itself 100 and 200 ms after this: 70 ms after the alarm is due.
  await engine.send(keeper, id, { do: 'set', delay: 130, numbers: [0] });
  await sleep(250);
  await until(async () => (await rungOf(engine, id)).length === 1);
  const [worstMs] = (await engine.ask(keeper, id, { do: 'worst?' })) as [number, number];
  return worstMs;
}

test('in memory they come in order, and never before they are due', async () => {
  const engine = await open('millrace', {});
  for (const id of IDS) {
    await engine.send(keeper, id, { do: 'set', delay: 30, numbers: [0, 1], later: { delay: 400, numbers: [2, 3] } });
  }
  await allRing(engine, 4);
  const worst = await Promise.all(IDS.map((id) => engine.ask(keeper, id, { do: 'worst?' })));
  for (const [, earlyCount] of worst as [number, number][]) expect(earlyCount).toBe(0);
});

test('a thread that sleeps wakes for them', async () => {
  const engine = await open('millrace', {});
  // A crowded machine is late in everything, now and then; threads that do not wake would be late every time.
  let lateMs = Number.POSITIVE_INFINITY;
  for (let attempt = 0; lateMs > PROMPT_MS; attempt++) lateMs = await latenessMs(engine, attempt);
  expect(lateMs).toBeLessThanOrEqual(PROMPT_MS);
});

test('an engine that waits for timers burns no core', async () => {
  const engine = await open('millrace', {});
  for (const id of IDS) await engine.send(keeper, id, { do: 'set', delay: 3_600_000, numbers: [0] });
  await engine.drained();
  expect(await restingShare()).toBeLessThanOrEqual(IDLE_SHARE_MAX);
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
    await allRing(second, 2);
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
    await allRing(second, 3);
    expect(await second.ask(keeper, IDS[0], { do: 'pending?' })).toEqual([]);
    await second.stop();
    // And the same directory with one shard, where timers set by three owners come together.
    const third = await open(entry, { directory: join(folder, 'other'), shardCount: 1 });
    for (const id of IDS) await third.send(keeper, id, { do: 'set', delay: 5, numbers: [3] });
    await allRing(third, 4);
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
      return hasMoved && counts.every(([count]) => count > 20);
    });
    for (const [count, cancelled, wrong] of await look()) {
      expect(wrong).toBe(0);
      expect(cancelled).toBe(count - 1);
    }
  });
});
