/**
 * Whether LevelDB is told to sync can be seen by a power loss only, and no test takes the power from a real disk; so what
 * it is told is watched.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { expect, onTestFinished, test, vi } from 'vitest';
import { NodeFileSystem } from '../../../src/base/node-file-system.ts';
import { openStore } from '../../../src/level/level-store.ts';

test('every batch is written with sync', async () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-level-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const other = new ClassicLevel(join(root, 'other'));
  await other.open();
  const batch = other.batch();
  const write = vi.spyOn(Object.getPrototypeOf(batch) as typeof batch, 'write');
  onTestFinished(() => write.mockRestore());
  await batch.close();
  await other.close();
  const store = await openStore({
    directory: join(root, 'store'),
    fileSystem: new NodeFileSystem(),
    cacheBytes: 1 << 20,
  });
  for (const key of ['a', 'b']) {
    const changes = store.batch();
    changes.put(Buffer.from(key), Buffer.from('value'));
    await changes.write();
  }
  expect(write.mock.calls).toEqual([[{ sync: true }], [{ sync: true }]]);
  await store.close();
});
