/**
 * Far more messages in flight at a commit than fit into a heap as objects: they wait encoded, and a start with the same
 * heap takes them up so, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { puppet } from './puppet.ts';
import { closedGate, openEngine } from './puppet-engine.ts';

const ROUND_COUNT = 250;
const TIMES = 1_000;
/** A thread of its own needs some 12 of it; as objects the messages would take more than 100. */
const MAX_HEAP_MIB = 40;

test('a start takes up as many messages in flight as were waiting, with the same heap', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-many-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  const options = { directory, shardCount: 1, maxHeapMiB: MAX_HEAP_MIB, memory: 16 << 20, overflowBytes: 1 << 20 };
  const { gate } = closedGate();
  const to = { type: puppet.type, id: 'slow' };
  const first = await openEngine(options);
  await first.engine.send(puppet, to.id, { do: 'wait', gate });
  for (let round = 0; round < ROUND_COUNT; round++) {
    const value = { round, text: 'some words to carry', more: [1, 2, 3] };
    const order = { do: 'send', to, times: TIMES, order: { do: 'save', value } } as const;
    await first.engine.send(puppet, 'flooder', order, { until: 'accepted' });
  }
  await first.engine.checkpoint();
  await first.engine.stop({ force: true });
  const second = await openEngine(options);
  expect(await second.engine.ask(puppet, 'other', { do: 'echo', value: 'here' }, { timeoutMs: 600_000 })).toBe('here');
  expect([first.errors, second.errors]).toEqual([[], []]);
});
