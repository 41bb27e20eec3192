/** What was erased before the number of shards changed stays erased, and what came after it stays. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Engine, startEngine } from '../../src/index.ts';
import { shelf } from './emptied-shelf-module.ts';

const MODULE = new URL('./emptied-shelf-module.ts', import.meta.url);

test('tables that were emptied, and filled again, are carried over as they are', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-erasures-'));
  onTestFinished(() => rmSync(directory, { recursive: true, maxRetries: 10 }));
  const start = (shardCount: number): Promise<Engine> => startEngine({ module: MODULE, directory, shardCount });
  let engine = await start(2);
  onTestFinished(() => engine.stop({ force: true }).catch(() => {}));
  for (const id of ['Kim', 'Lee', 'Lou']) {
    for (const put of ['a', 'b', 'c']) await engine.send(shelf, id, { put });
  }
  // Committed each by itself, so that they are in deltas of their own.
  await engine.ask(shelf, 'Kim', 'empty');
  await engine.ask(shelf, 'Lee', 'empty');
  await engine.ask(shelf, 'Lee', { put: 'b' });
  await engine.stop();
  engine = await start(3);
  const found = await Promise.all(['Kim', 'Lee', 'Lou'].map((id) => engine.ask(shelf, id, 'look')));
  expect(found).toEqual([[], ['b'], ['a', 'b', 'c']]);
});
