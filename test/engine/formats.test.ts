/**
 * Data that older versions of the software have written opens with this one: data directories of both stores as a kill
 * has left them, and savepoints. A version of the format stays here for good once it has been in use.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { DeadLetter, Engine } from '../../src/index.ts';
import { savepointDigest } from '../../src/index.ts';
import { DATA_FORMAT_VERSION } from '../../src/store/data-format.ts';
import { open, PATIENT, scratch } from './durability-stage.ts';
import { IDS, keptOf } from './formats/contents.ts';

const FORMATS = join(import.meta.dirname, 'formats');
const VERSIONS = readdirSync(FORMATS).filter((name) => name.endsWith('.json'));
const MODULE = new URL('./formats/format-module.ts', import.meta.url);

/** Lays the files of one version out; returns the folder. */
function unpack(version: string): string {
  const folder = scratch();
  const files = JSON.parse(readFileSync(join(FORMATS, version), 'utf8')) as Record<string, string>;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), inflateSync(Buffer.from(text, 'base64')));
  }
  return folder;
}

async function expectAll(engine: Engine): Promise<void> {
  for (const id of IDS) {
    expect(await engine.ask('format/keeper', id, 'look', PATIENT)).toEqual({
      kept: keptOf(id),
      count: 1,
      session: `session of ${id}`,
      entries: [
        ['object', keptOf(id)],
        ['text', 'ä text'],
      ],
      log: [1, 'two', 3],
      timers: [`of ${id}`],
    });
  }
  const letters: DeadLetter[] = [];
  for await (const letter of engine.deadLetters.list()) letters.push(letter);
  expect(letters).toMatchObject([{ target: { id: 'broken' }, message: 'fail', error: { name: 'Error' } }]);
}

const opened = [
  ['level', 'millrace'],
  ['native-free', 'millrace/native-free'],
] as const;

describe.each(VERSIONS)('%s', (version) => {
  test.each(opened)('a data directory of %s', async (store, entry) => {
    const folder = unpack(version);
    const directory = join(folder, store);
    const first = await open(entry, folder, { directory, module: MODULE, shardCount: 1 });
    await expectAll(first.engine);
    await first.engine.stop();
    // Older software refuses it from here on, by the file that is read first.
    const { format } = JSON.parse(readFileSync(join(directory, 'millrace.json'), 'utf8')) as { format: number };
    expect(format).toBe(DATA_FORMAT_VERSION);
    const second = await open(entry, folder, { directory, module: MODULE, shardCount: 2 });
    await expectAll(second.engine);
  });

  test.each(opened)('a savepoint, into %s', async (_store, entry) => {
    const folder = unpack(version);
    const from = join(folder, 'savepoint');
    expect((await savepointDigest(from)).messageCount).toBe(0);
    const { engine } = await open(entry, folder, { from, module: MODULE });
    await expectAll(engine);
  });
});
