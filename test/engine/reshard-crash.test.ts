/**
 * Filling a data directory from a savepoint and carrying it over to another number of shards, cut short at every call to
 * the disk, by a power loss and by a call that fails. Whoever opens the directory next finds all or is refused; trying
 * again ends well.
 */
import { describe, expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import type { DataDirectory } from '../../src/engine/data-directory.ts';
import { MillraceError } from '../../src/sdk/errors.ts';
import { SimulatedFileSystem } from '../../src/testing/simulated-file-system.ts';
import {
  commitEpoch,
  contentOf,
  DATA,
  message,
  open,
  type PlainData,
  SAVEPOINT,
  SAVEPOINT_EPOCH,
  things,
  writeSavepoint,
} from './reshard-stage.ts';

const MESSAGES = Array.from({ length: 12 }, (_, index) => message(`thing-${index % 5}`, `message ${index}`));

function messagesByTarget(messages: readonly ReturnType<typeof message>[]): Record<string, string[]> {
  const texts: Record<string, string[]> = {};
  for (const each of messages) (texts[each.targetId] ??= []).push((each.message as { text: string }).text);
  return texts;
}

const IMPORTED: PlainData = {
  epoch: SAVEPOINT_EPOCH,
  state: things(40),
  messages: messagesByTarget(MESSAGES),
  ingresses: { 'test/in': { source: 17, skip: 2 } },
  keys: ['key 1'],
};

async function newSavepoint(): Promise<SimulatedFileSystem> {
  const disk = new SimulatedFileSystem({ autoSync: true });
  for (const directory of [DATA, SAVEPOINT]) disk.writeFile(`${directory}/lock`, new Uint8Array(0));
  await writeSavepoint(disk, IMPORTED.state, MESSAGES);
  return disk;
}

/** A later epoch in the changelogs alone: one thing changed, one new, one removed, other messages in flight. */
const CHANGES = new Map<string, string | undefined>([
  ['thing-0', 'changed'],
  ['thing-1', undefined],
  ['new', 'new'],
]);
const LATER_MESSAGES = MESSAGES.slice(0, 7).toReversed();
const LATER: PlainData = {
  ...IMPORTED,
  epoch: SAVEPOINT_EPOCH + 1,
  state: new Map(
    [...IMPORTED.state, ['thing-0', 'changed'], ['new', 'new']].filter(([id]) => id !== 'thing-1') as [
      string,
      string,
    ][],
  ),
  messages: messagesByTarget(LATER_MESSAGES),
};

async function newData(shardCount: number): Promise<SimulatedFileSystem> {
  const disk = await newSavepoint();
  const data = await open(disk, shardCount, { from: SAVEPOINT });
  await commitEpoch(data, CHANGES, LATER_MESSAGES);
  data.close();
  return disk;
}

function sorted(content: PlainData): PlainData {
  return { ...content, state: new Map([...content.state].toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

async function readAll(data: DataDirectory): Promise<PlainData> {
  const content = await contentOf(data);
  data.close();
  return sorted(content);
}

test.each([1, 2, 7])('a directory filled with %i shards holds what the savepoint holds', async (shardCount) => {
  const data = await open(await newSavepoint(), shardCount, { from: SAVEPOINT });
  expect(data.last?.shards).toHaveLength(shardCount);
  expect(await readAll(data)).toEqual(sorted(IMPORTED));
});

test.each([
  [1, 2],
  [2, 1],
  [3, 5],
  [5, 3],
])('what %i shards have written opens with %i, the changelogs folded', async (before, after) => {
  const disk = await newData(before);
  const told: number[] = [];
  const data = await open(disk, after, { onProgress: ({ done }) => told.push(done) });
  expect(data.last?.shards).toHaveLength(after);
  expect(data.generation).toBe(2);
  expect(told.at(-1)).toBe(1024);
  expect(disk.paths().filter((path) => path.startsWith(`${DATA}/generation-1/`))).toEqual([]);
  expect(await readAll(data)).toEqual(sorted(LATER));
});

test('there and back, again and again, nothing changes', async () => {
  const disk = await newData(2);
  for (const shardCount of [3, 1, 4, 2]) {
    expect(await readAll(await open(disk, shardCount))).toEqual(sorted(LATER));
  }
});

test('the same number of shards changes nothing', async () => {
  const disk = await newData(2);
  const data = await open(disk, 2);
  expect(data.generation).toBe(1);
  data.close();
});

test('a directory with a checkpoint is not filled', async () => {
  const disk = await newData(2);
  await expect(open(disk, 2, { from: SAVEPOINT })).rejects.toMatchObject({ code: 'DATA_NOT_EMPTY' });
  expect(await readAll(await open(disk, 1))).toEqual(sorted(LATER));
});

test('a damaged savepoint fills nothing, and what it left is refused until it is filled whole', async () => {
  const disk = await newSavepoint();
  const path = `${SAVEPOINT}/coordinator.mrc`;
  const intact = disk.readFile(path);
  disk.writeFile(path, intact.subarray(0, -1));
  await expect(open(disk, 2, { from: SAVEPOINT })).rejects.toMatchObject({
    code: 'SAVEPOINT_DAMAGED',
    details: { file: path, offset: intact.length - 1 },
  });
  await expect(open(disk, 2)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
  disk.writeFile(path, intact);
  expect(await readAll(await open(disk, 2, { from: SAVEPOINT }))).toEqual(sorted(IMPORTED));
});

type Ending = (disk: SimulatedFileSystem, seed: number) => SimulatedFileSystem;

/** From one call on all fail, or that one alone. */
type Fault = (number: number, failing: number) => boolean;

const powerLoss: Ending = (disk, seed) => {
  const after = disk.clone();
  after.crash(new Prng(seed));
  return after;
};
const death: Ending = (disk) => disk.clone();
const all: Fault = (number, failing) => number >= failing;
const once: Fault = (number, failing) => number === failing;

const ENDINGS: readonly (readonly [string, Ending, Fault])[] = [
  ['power is lost', powerLoss, all],
  ['the process dies', death, all],
  ['one call fails, and then power is lost', powerLoss, once],
  ['one call fails, and then the process dies', death, once],
];

/** Lets calls fail from the n-th on, for each n until the work gets through. Returns how often it was cut short. */
async function cutShort(
  newDisk: () => Promise<SimulatedFileSystem>,
  work: (disk: SimulatedFileSystem) => Promise<void>,
  ending: Ending,
  isFailing: Fault,
  check: (disk: SimulatedFileSystem) => Promise<void>,
  step: number,
): Promise<number> {
  const whole = await newDisk();
  for (let count = 1, cutCount = 0; ; count += step, cutCount++) {
    const disk = whole.clone();
    const failedFrom = disk.callCount + count;
    disk.fault = ({ number }) => (isFailing(number, failedFrom) ? 'EIO' : undefined);
    const failure = await work(disk).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure === undefined || failure instanceof MillraceError).toBe(true);
    expect(disk.violations).toEqual([]);
    await check(ending(disk, count));
    if (disk.callCount < failedFrom) return cutCount;
  }
}

describe.each(ENDINGS)('%s', (_, ending, isFailing) => {
  test('while a directory is filled: it is whole, refused or new, and can be filled again', async () => {
    const found = { whole: 0, refused: 0, fresh: 0, lost: 0 };
    const cutCount = await cutShort(
      newSavepoint,
      async (disk) => (await open(disk, 3, { from: SAVEPOINT })).close(),
      ending,
      isFailing,
      async (disk) => {
        const what = await stateOf(disk.clone());
        found[what]++;
        if (what === 'whole') return;
        expect(await readAll(await open(disk, 3, { from: SAVEPOINT }))).toEqual(sorted(IMPORTED));
      },
      3,
    );
    expect(cutCount).toBeGreaterThan(40);
    expect(found.lost).toBe(0);
    expect(Math.min(found.whole, found.refused, found.fresh)).toBeGreaterThan(0);
  });

  test('while data is carried over: it opens with the old number, the new one and any other', async () => {
    const cutCount = await cutShort(
      () => newData(2),
      async (disk) => (await open(disk, 3)).close(),
      ending,
      isFailing,
      async (disk) => {
        const again = disk.clone();
        expect(await readAll(await open(disk, 1))).toEqual(sorted(LATER));
        (await open(again, 2)).close();
        expect(await readAll(await open(again, 3))).toEqual(sorted(LATER));
        const generations = new Set(again.paths().flatMap((path) => /generation-\d+/.exec(path)?.[0] ?? []));
        expect(generations.size).toBe(1);
      },
      4,
    );
    expect(cutCount).toBeGreaterThan(40);
  });
});

/** What an engine finds that is started without the savepoint; never anything in between. */
async function stateOf(disk: SimulatedFileSystem): Promise<'whole' | 'refused' | 'fresh' | 'lost'> {
  const data = await open(disk, 3).catch((error: MillraceError) => error.code);
  if (typeof data === 'string') return data === 'DATA_DAMAGED' ? 'refused' : 'lost';
  const isFresh = data.last === undefined;
  const expected = isFresh
    ? { ...IMPORTED, epoch: 0, state: new Map(), messages: {}, ingresses: undefined, keys: [] }
    : IMPORTED;
  expect(await readAll(data)).toEqual(sorted(expected));
  return isFresh ? 'fresh' : 'whole';
}
