/**
 * The same files on the machine's own file system: what is true of the simulated disk is not too good to be true.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { NodeFileSystem } from '../../../src/base/node-file-system.ts';
import { lockDirectory } from '../../../src/engine/directory-lock.ts';
import { recoverChangelog } from '../../../src/store/changelog-recovery.ts';
import { segmentPath } from '../../../src/store/changelog-segment.ts';
import { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { readDataFormat, writeDataFormat } from '../../../src/store/data-format.ts';
import { makeDurableDirectory } from '../../../src/store/durable-directory.ts';
import { Manifest } from '../../../src/store/manifest.ts';
import { outcome } from './damage.ts';
import { payloadOf, plainEntries } from './manifest-stage.ts';

test('a data directory from its making to its recovery', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-data-'));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const data = join(scratch, 'some', 'where');
  const shard = join(data, 'shard-0');
  const fileSystem = new NodeFileSystem();
  const format = { storeName: 'level', keyGroupCount: 1024, id: 'a' };

  await makeDurableDirectory(fileSystem, data);
  const lock = lockDirectory(data);
  expect(readDataFormat(fileSystem, data)).toBeUndefined();
  await writeDataFormat(fileSystem, data, format);
  expect(readDataFormat(fileSystem, data)).toMatchObject(format);
  await makeDurableDirectory(fileSystem, shard);

  const { manifest } = Manifest.open(fileSystem, data);
  const writer = new ChangelogWriter(fileSystem, shard, { segmentBytesMax: 300, nextSegment: 1, segments: [] });
  const locations = [];
  for (let epoch = 1; epoch <= 6; epoch++) {
    writer.begin(epoch, epoch - 1);
    writer.append(1, payloadOf(epoch));
    writer.append(2, new Uint8Array(100).fill(epoch));
    locations.push(writer.end());
    await (epoch === 4 ? manifest.replace(epoch, payloadOf(epoch)) : manifest.commit(epoch, payloadOf(epoch)));
  }
  expect(writer.removeThrough(2)).toBe(1);
  writer.close();
  manifest.close();
  writeFileSync(segmentPath(shard, locations[4].segment), 'torn', { flag: 'a' });

  const opened = Manifest.open(fileSystem, data);
  opened.manifest.close();
  expect(plainEntries(opened.entries)).toEqual([4, 5, 6].map((epoch) => [epoch, `epoch ${epoch}`]));
  const found: string[] = [];
  const visitor = {
    delta: (epoch: number) => found.push(`${epoch}`),
    frame: (kind: number, bytes: Uint8Array) => found.push(`${kind}:${bytes.length}`),
  };
  const committed = { epoch: 5, location: locations[4] };
  const { segments, nextSegment } = recoverChangelog(fileSystem, shard, 3, committed, visitor);
  expect(found).toEqual(['4', '1:7', '2:100', '5', '1:7', '2:100']);
  const next = new ChangelogWriter(fileSystem, shard, { segmentBytesMax: 9_999, nextSegment, segments });
  next.begin(6, 5);
  const location = next.end();
  next.close();
  found.length = 0;
  recoverChangelog(fileSystem, shard, 5, { epoch: 6, location }, visitor);
  expect(found).toEqual(['6']);
  const gone = { epoch: 6, location: { ...location, segment: 99 } };
  expect(outcome(() => recoverChangelog(fileSystem, shard, 5, gone, visitor))).toEqual({
    damagedFile: segmentPath(shard, 99),
    offset: 0,
  });
  lock.release();
});
