/**
 * The simulation, as much of it as a test run has time for; `npm run sim` is for more. What fails here names its seed
 * and the command that repeats it.
 */
import { expect, test } from 'vitest';
import { SingleThreadEngine } from '../../src/testing/single-thread.ts';
import stormModule, { ENTITY_COUNT, stormMessage, stormTarget } from '../smoke/storm-functions.ts';
import { type Outcome, simulate } from './simulation.ts';

/** With those of the twelve durable workloads: ten thousand in each run of the suite. */
const SEED_COUNT = 8_800;

async function simulateSeed(seed: number, pins: Readonly<Record<string, number>> = {}): Promise<Outcome> {
  try {
    return await simulate(seed, pins);
  } catch (cause) {
    const pinned = Object.entries(pins).map(([name, value]) => ` --${name} ${value}`);
    throw new Error(`npm run sim -- --seed ${seed}${pinned.join('')}: ${String(cause)}`, { cause });
  }
}

test(`${SEED_COUNT} seeds`, async () => {
  let spilledBlockCount = 0;
  for (let seed = 1; seed <= SEED_COUNT; seed++) spilledBlockCount += (await simulateSeed(seed)).spilledBlockCount;
  expect(spilledBlockCount).toBeGreaterThan(SEED_COUNT / 10);
});

test('large trees on the smallest rings', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const pins = { ring: 64, shards: 3, overflow: 0, mailbox: 1, roots: 100, depth: 12 };
    expect((await simulateSeed(seed, pins)).invocationCount).toBeGreaterThan(100);
  }
});

test('the same seed is the same run', async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) {
    const { hash } = await simulateSeed(seed);
    expect((await simulateSeed(seed)).hash).toBe(hash);
    hashes.add(hash);
  }
  expect(hashes.size).toBeGreaterThan(95);
});

test.each([64, 4096])('a storm over rings of %i bytes spills, ends, and loses nothing', async (ringCapacityBytes) => {
  const overflowBytesMax = 4096;
  const shardCount = 3;
  const options = { shardCount, ringCapacityBytes, overflowBytesMax, mailboxCountMax: 16 };
  const engine = new SingleThreadEngine(stormModule, options, {
    invocationFailed: (error) => expect.unreachable(error.message),
    egressCrowded: () => {},
  });
  const generations = 12;
  engine.coordinator.send('smoke/storm', stormTarget(1), stormMessage(generations, 1));
  let overflowBytes = 0;
  while (!engine.coordinator.isQuiescent) {
    for (let thread = 0; thread < engine.threadCount; thread++) engine.turn(thread);
    for (const shard of engine.shards) overflowBytes = Math.max(overflowBytes, shard.overflowBytes);
  }
  const entities = engine.shards.flatMap((shard) => [...shard.entities.values()]);
  expect(entities.length).toBe(ENTITY_COUNT);
  expect(entities.reduce((sum, entity) => sum + (entity.readCell(0) as number), 0)).toBe(2 ** (generations + 1) - 1);
  expect(entities.filter((entity) => entity.readCell(1) !== undefined)).toEqual([]);
  expect(engine.storages.some(({ blocksWritten }) => blocksWritten > 0)).toBe(true);
  // One overflow per channel and one for the mailbox; each may exceed its limit by two chunks.
  expect(overflowBytes).toBeLessThanOrEqual((shardCount + 1) * (overflowBytesMax + 2 * (overflowBytesMax / 4)));
});
