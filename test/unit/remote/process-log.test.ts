/**
 * What function processes write: one that writes more than can be kept up with is held back, instead of filling our memory.
 */
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { launchKept } from '../../../src/remote/kept-process.ts';
import { fillProcess, type ProcessLine } from '../../../src/remote/process-options.ts';

const line: ProcessLine = { name: 'x', shard: 0, pid: 1, stream: 'stdout', text: 'hello' };

function standardError(returned = true): { readonly written: unknown[] } {
  const written: unknown[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(text);
    return returned;
  });
  onTestFinished(() => {
    spy.mockRestore();
  });
  return { written };
}

test('what it writes is not read until there is room for it, and then all of it is', async () => {
  const { promise: room, resolve: makeRoom } = Promise.withResolvers<void>();
  const texts: string[] = [];
  const { ended } = launchKept({
    // Far more than a pipe holds.
    command: ['/bin/sh', '-c', 'i=0; while [ $i -lt 20000 ]; do echo "line $i of those"; i=$((i + 1)); done'],
    cwd: undefined,
    env: {},
    stopMs: 1_000,
    line(stream, text) {
      if (stream === 'stdout') texts.push(text);
      return room;
    },
  });
  await vi.waitFor(() => expect(texts).not.toEqual([]), 10_000);
  const held = await Promise.race([ended, setTimeout(300, 'held')]);
  expect(held).toBe('held');
  expect(texts.length).toBeLessThan(5_000);
  makeRoom();
  await ended;
  await vi.waitFor(() => expect(texts).toHaveLength(20_000), 10_000);
  expect(texts.at(-1)).toBe('line 19999 of those');
}, 30_000);

test('standard error says when it takes more', async () => {
  const { written } = standardError(false);
  const { log } = fillProcess({ command: ['x'] }, 'linux');
  const room = log(line);
  expect(log({ ...line, text: 'again' })).toBe(room);
  process.stderr.emit('drain');
  await room;
  expect(written).toEqual(['[x 0] hello\n', '[x 0] again\n']);
});

test.each([
  [
    'throws',
    (): void => {
      throw new Error('the log is full');
    },
  ],
  ['rejects', async () => await Promise.reject(new Error('the log is full'))],
])('a line that a log %s at goes to standard error, and ends nothing', async (_how, log) => {
  const { written } = standardError();
  await fillProcess({ command: ['x'], log }, 'linux').log(line);
  expect(written).toEqual(['[x 0] hello\n']);
});
