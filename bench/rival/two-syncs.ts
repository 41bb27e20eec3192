/**
 * The two syncs that a commit cannot do without: a small record to several files, all synced in parallel, and then one
 * to another file, synced in turn. Nothing is encoded, and nobody is asked.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitSession } from '../flow/commit-alone.ts';
import { Scratch } from '../harness/scratch.ts';

const RECORD = Buffer.alloc(64, 'record ');

export async function openSyncs(logCount: number): Promise<CommitSession> {
  const scratch = new Scratch();
  const names = [...Array.from({ length: logCount }, (_, log) => `log-${log}`), 'manifest'];
  const files = await Promise.all(names.map((name) => open(join(scratch.path, name), 'a')));
  const logs = files.slice(0, logCount);
  const manifest = files[logCount];
  return {
    async commit() {
      await Promise.all(logs.map(append));
      await append(manifest);
    },
    async count() {
      const sizes = await Promise.all(files.map((file) => file.stat()));
      return Math.min(...sizes.map(({ size }) => size)) / RECORD.length;
    },
    async close() {
      await Promise.all(files.map((file) => file.close()));
      scratch.remove();
    },
  };
}

async function append(file: FileHandle): Promise<void> {
  await file.write(RECORD);
  await file.datasync();
}
