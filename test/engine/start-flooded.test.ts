/**
 * A start whose first work is more than the coordinator's ring and the shard's credit hold: the coordinator must be there to
 * take it, or neither ever gets on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defineEgress } from '../../src/index.ts';
import { puppet, records } from './puppet.ts';
import { closedGate, openEngine, until } from './puppet-engine.ts';

/** Messages in flight, and records that each of them sends out. */
const WAITING_COUNT = 10;
const RECORD_COUNT = 300;

test('what is recovered may send out more than there is room for before the engine has started', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-flooded-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  let count = 0;
  const sink = { write: (written: readonly unknown[]) => void (count += written.length) };
  const egresses = [defineEgress({ type: records.type, sink })];
  // The ring to the coordinator has room for some dozens of records.
  const options = { directory, shardCount: 1, ringCapacityBytes: 4_096, egresses };
  const { gate, open } = closedGate();
  const first = await openEngine(options);
  await first.engine.send(puppet, 'slow', { do: 'wait', gate });
  for (let index = 0; index < WAITING_COUNT; index++) {
    await first.engine.send(puppet, 'slow', { do: 'egress many', count: RECORD_COUNT });
  }
  await first.engine.stop({ force: true });
  open();
  // Less than what is in flight, and less than what will wait for the ring.
  const second = await openEngine({ ...options, creditCount: WAITING_COUNT / 2 });
  await until(() => count === WAITING_COUNT * RECORD_COUNT);
  expect(await second.engine.ask(puppet, 'other', { do: 'echo', value: 'here' })).toBe('here');
  expect([first.errors, second.errors]).toEqual([[], []]);
});
