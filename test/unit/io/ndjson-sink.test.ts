/**
 * The NDJSON file as a transactional sink: it goes on at the committed length, cuts off what lies beyond, and refuses a
 * file that has lost something.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ndjsonSink } from '../../../src/index.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sink-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'output.ndjson');
}

test('it goes on where its position says, whatever was written beyond', async () => {
  const path = scratch();
  const first = ndjsonSink({ path });
  await first.open?.(undefined);
  await first.write(['a', { text: 'é🐎' }], 0);
  const position = first.position?.();
  await first.sync?.();
  await first.write(['not committed', 'neither'], 2);
  await first.close?.();
  const second = ndjsonSink({ path: pathToFileURL(path) });
  await second.open?.(position);
  expect(readFileSync(path, 'utf8')).toBe('"a"\n{"text":"é🐎"}\n');
  expect(second.position?.()).toEqual(position);
  await second.write(['b'], 2);
  await second.close?.();
  expect(readFileSync(path, 'utf8')).toBe('"a"\n{"text":"é🐎"}\n"b"\n');
});

test('half a line beyond the position goes, too', async () => {
  const path = scratch();
  writeFileSync(path, '1\n2\n{"half');
  const sink = ndjsonSink({ path });
  await sink.open?.({ byteLength: 4 });
  await sink.write([3], 2);
  await sink.close?.();
  expect(readFileSync(path, 'utf8')).toBe('1\n2\n3\n');
});

test('without a position the file begins anew', async () => {
  const path = scratch();
  writeFileSync(path, 'something of yesterday\n');
  const sink = ndjsonSink({ path });
  await sink.open?.(undefined);
  await sink.write([1], 0);
  await sink.close?.();
  expect(readFileSync(path, 'utf8')).toBe('1\n');
});

test('a file that is shorter than what was committed to it is refused, and left alone', async () => {
  const path = scratch();
  writeFileSync(path, '1\n');
  const sink = ndjsonSink({ path });
  await expect(async () => sink.open?.({ byteLength: 4 })).rejects.toThrow(/has 2 bytes, but 4 were written to it/);
  expect(readFileSync(path, 'utf8')).toBe('1\n');
});

test('a file that is gone is refused, if anything was committed to it', async () => {
  const sink = ndjsonSink({ path: scratch() });
  await expect(async () => sink.open?.({ byteLength: 4 })).rejects.toThrow(/ENOENT/);
});

test('it can be synced before it is open, and twice in a row', async () => {
  const path = scratch();
  const sink = ndjsonSink({ path });
  await sink.sync?.();
  await sink.open?.(undefined);
  await sink.write([1], 0);
  await Promise.all([sink.sync?.(), sink.sync?.()]);
  await sink.close?.();
  await sink.sync?.();
  expect(readFileSync(path, 'utf8')).toBe('1\n');
});
