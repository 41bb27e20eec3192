/**
 * Schedules on real threads and real disks: their times come, each second, also in a process that is killed and started
 * again between two of them; and what was due while nobody was there comes or is told of, as each policy says.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/index.ts';
import { ENTRIES, ENTRY_NAMES, PATIENT, scratch, Victim } from './durability-stage.ts';
import { until } from './puppet-engine.ts';
import { bell, type Book, POLICIES, type Told, told, TOLERANCE_MS } from './schedules-module.ts';

const SECOND_MS = 1_000;
/** At least two times are in it, even without what may be unclear at its ends. */
const OUTAGE_MS = 2_300;
const UNCLEAR_MS = 50;

/** A process that is killed when each bell has rung so often in all. Returns when it was gone. */
async function killedAfter(ringCount: number, scenario: string, entry: string, folder: string): Promise<number> {
  const victim = new Victim(scenario, entry, folder, {}, './schedules-child.ts');
  await victim.until((said) => {
    const full = (said as Told[]).filter(({ count }) => count >= ringCount);
    return POLICIES.every((each) => full.some(({ policy }) => policy === each));
  });
  expect(await victim.kill()).toBe(true);
  return Date.now();
}

async function open(entry: string, folder: string): Promise<Engine> {
  const module = new URL('./schedules-module.ts', import.meta.url);
  const engine = await ENTRIES[entry]({ module, directory: join(folder, 'data'), shardCount: 2 });
  onTestFinished(async () => {
    await engine.stop({ force: true }).catch(() => {});
  });
  engine.egress(told, () => {});
  return engine;
}

async function bookOf(engine: Engine, policy: string): Promise<Book> {
  return (await engine.ask(bell, policy, 'book?', PATIENT)) as Book;
}

/** What has become of all times of a bell, one after the other. */
interface Fate {
  readonly rung: readonly number[];
  readonly missed: readonly number[];
  /** Behind the last of them. */
  readonly next: number;
}

/** Each ring is of the time behind those before it, or says which it left out: so every time has one fate. */
function fateOf({ set, rings: all }: Book): Fate {
  const [rung, missed]: [number[], number[]] = [[], []];
  let next = set.first;
  for (const ring of all) {
    if (ring.missed !== undefined) expect(ring.missed.since).toBe(next);
    for (; next < (ring.missed?.before ?? next); next += SECOND_MS) missed.push(next);
    if (ring.missed !== undefined) expect(ring.missed.before).toBe(next);
    expect(ring.at).toBeGreaterThanOrEqual(next);
    rung.push(next);
    next += SECOND_MS;
  }
  return { rung, missed, next };
}

function timesBetween(from: number, before: number): number[] {
  const first = Math.ceil(from / SECOND_MS) * SECOND_MS;
  return Array.from(
    { length: Math.max(0, Math.ceil((before - first) / SECOND_MS)) },
    (_, at) => first + at * SECOND_MS,
  );
}

/** Stops a bell. Returns what has become of each of its times, and which one was to be the next. */
async function stopped(engine: Engine, policy: string): Promise<Fate & { readonly stoppedFor: number }> {
  const stoppedFor = (await engine.ask(bell, policy, 'stop', PATIENT)) as number;
  await engine.drained();
  const book = await bookOf(engine, policy);
  const { from, to, first } = book.set;
  expect(first % SECOND_MS).toBe(0);
  expect(first).toBeGreaterThan(from);
  expect(first).toBeLessThanOrEqual(to + SECOND_MS);
  return { ...fateOf(book), stoppedFor };
}

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('each time of a schedule comes once or is told of, wherever between two of them the process is killed', async () => {
    const folder = scratch();
    await killedAfter(1, 'set', entry, folder);
    const killedAt = await killedAfter(2, 'go on', entry, folder);
    await sleep(OUTAGE_MS);
    const startsAt = Date.now();
    const engine = await open(entry, folder);
    const ringsAfter = async (policy: string): Promise<number> =>
      (await bookOf(engine, policy)).rings.filter(({ at }) => at >= startsAt).length;
    await until(async () => (await Promise.all(POLICIES.map(ringsAfter))).every((count) => count > 1));
    const [all, latest, skip] = [
      await stopped(engine, 'all'),
      await stopped(engine, 'latest'),
      await stopped(engine, 'skip'),
    ];

    expect([all.next, latest.next]).toEqual([all.stoppedFor, latest.stoppedFor]);
    // What it has skipped since, it would have told with the next one.
    expect(skip.next).toBeLessThanOrEqual(skip.stoppedFor);
    const outage = timesBetween(killedAt + UNCLEAR_MS, startsAt - UNCLEAR_MS);
    expect(outage.length).toBeGreaterThan(1);
    expect(all.missed).toEqual([]);
    expect(all.rung).toEqual(expect.arrayContaining(outage));
    // The last of them may have been the newest.
    expect(latest.missed).toEqual(expect.arrayContaining(outage.slice(0, -1)));
    const tooLate = outage.filter((time) => time < startsAt - UNCLEAR_MS - TOLERANCE_MS);
    expect(tooLate.length).toBeGreaterThan(0);
    expect(skip.missed).toEqual(expect.arrayContaining(tooLate));
    // One before each of the kills, and two afterwards.
    for (const { rung } of [all, latest, skip]) expect(rung.length).toBeGreaterThan(3);
  });
});
