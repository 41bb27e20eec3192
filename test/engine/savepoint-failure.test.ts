/**
 * Savepoints that are asked for in bad moments: several at once, while the engine stops, while shards fail, into places
 * that are no places; and starts from what is no savepoint, or into what is not empty.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type MillraceError, type Progress, savepointDigest, startEngine } from '../../src/index.ts';
import { ended, note } from './savepoint-bank.ts';
import { BANK_MODULE, newFolder, openBank, walk } from './savepoint-stage.ts';
import { openEngine, until } from './puppet-engine.ts';

/** Long enough that all walkers are on their way for the whole of a test. */
const MANY_HOPS = 50_000_000;

test('two savepoints asked for at once are made one after the other, while work goes on', async () => {
  const folder = newFolder();
  const { engine } = await openBank('millrace', join(folder, 'data'));
  const sending = walk(engine, 100, 100);
  const [one, two] = await Promise.all([engine.savepoint(join(folder, 'one')), engine.savepoint(join(folder, 'two'))]);
  await sending;
  expect(two.epoch).toBeGreaterThan(one.epoch);
  expect(readdirSync(folder).toSorted()).toEqual(['data', 'one', 'two']);
});

test('stop waits for a savepoint under way', async () => {
  const folder = newFolder();
  const { engine } = await openBank('millrace', join(folder, 'data'));
  await walk(engine, 100, 10);
  engine.egress(ended, () => Promise.resolve());
  const made = engine.savepoint(join(folder, 'savepoint'));
  await engine.stop();
  expect(await made).toEqual(await savepointDigest(join(folder, 'savepoint')));
});

test('what cannot be made is refused, and the engine goes on', async () => {
  const folder = newFolder();
  const { engine } = await openBank('millrace', join(folder, 'data'));
  await walk(engine, 10, 10);
  mkdirSync(join(folder, 'full'));
  writeFileSync(join(folder, 'full', 'mine'), 'keep this');
  writeFileSync(join(folder, 'file'), 'a file');
  for (const path of ['full', 'file', 'file/below']) {
    await expect(engine.savepoint(join(folder, path))).rejects.toMatchObject({ code: 'SAVEPOINT_FAILED' });
  }
  expect(readFileSync(join(folder, 'full', 'mine'), 'utf8')).toBe('keep this');
  await engine.savepoint(join(folder, 'savepoint'));
  const inMemory = await openEngine();
  await expect(inMemory.engine.savepoint(join(folder, 'none'))).rejects.toMatchObject({ code: 'SAVEPOINT_FAILED' });
  expect(existsSync(join(folder, 'none'))).toBe(false);
});

test('a shard that fails takes the savepoint with it or not at all, and never leaves half of one', async () => {
  const folder = newFolder();
  const { engine, errors } = await openBank('millrace', join(folder, 'data'), { maxRecoveries: 100 });
  await walk(engine, 100, MANY_HOPS);
  for (let number = 0; number < 4; number++) {
    const path = join(folder, `savepoint-${number}`);
    const failed = engine.send(note, `n${number}`, { failOnce: join(folder, `failed-${number}`) });
    const outcome = await engine.savepoint(path).then(
      async () => ((await savepointDigest(path)).messageCount >= 100 ? 'whole' : 'half'),
      (error: MillraceError) => (existsSync(path) ? 'left behind' : error.code),
    );
    await failed;
    expect(['whole', 'SAVEPOINT_FAILED']).toContain(outcome);
  }
  await until(() => errors.length > 0);
  const { messageCount } = await engine.savepoint(join(folder, 'at last'));
  expect(messageCount).toBe(100);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['SHARD_RECOVERING']));
});

test('what cannot be started from is refused', async () => {
  const folder = newFolder();
  const { engine } = await openBank('millrace', join(folder, 'data'));
  await walk(engine, 10, 10);
  await engine.savepoint(join(folder, 'savepoint'));
  await engine.stop({ force: true });
  const start = (directory: string | undefined, from: string): Promise<unknown> => {
    const path = directory === undefined ? {} : { directory: join(folder, directory) };
    return startEngine({ module: BANK_MODULE, shardCount: 1, from: join(folder, from), ...path });
  };
  await expect(start(undefined, 'savepoint')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  await expect(start('data', 'savepoint')).rejects.toMatchObject({ code: 'DATA_NOT_EMPTY' });
  await expect(start('other', 'no such')).rejects.toMatchObject({ code: 'SAVEPOINT_DAMAGED' });
  await expect(start('other', 'data')).rejects.toMatchObject({ code: 'SAVEPOINT_DAMAGED' });
});

test('progress is told while a savepoint is taken up', async () => {
  const folder = newFolder();
  const { engine } = await openBank('native-free', join(folder, 'first'));
  await walk(engine, 100, 10);
  const { entityCount } = await engine.savepoint(join(folder, 'savepoint'));
  await engine.stop({ force: true });
  const told: Progress[] = [];
  const from = join(folder, 'savepoint');
  await openBank('millrace', join(folder, 'second'), { from, onProgress: (progress) => void told.push(progress) });
  expect(told.at(-1)).toEqual({ phase: 'import', done: entityCount, total: entityCount });
});
