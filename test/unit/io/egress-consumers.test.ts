/**
 * Consumers of an egress: sinks, transactional or not, callbacks and loops; and what a checkpoint remembers of them.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { callbackSink, EgressPump } from '../../../src/io/egress-pump.ts';
import { EgressStream } from '../../../src/io/egress-stream.ts';
import type { EgressSink } from '../../../src/sdk/egress.ts';
import { durableStage, type EgressStage } from './egress-stage.ts';

interface Watched {
  readonly pump: EgressPump;
  readonly errors: Error[];
  progressCount: number;
}

function pumpTo(stage: EgressStage, sink: EgressSink<unknown>): Watched {
  const watched: { pump?: EgressPump; errors: Error[]; progressCount: number } = { errors: [], progressCount: 0 };
  watched.pump = new EgressPump(stage.ledger, sink, {
    progressed: () => void watched.progressCount++,
    failed: (error) => void watched.errors.push(error),
  });
  return watched as Watched;
}

async function committed(...records: readonly unknown[]): Promise<EgressStage> {
  const stage = durableStage();
  for (const record of records) stage.add(record);
  await stage.checkpoint();
  return stage;
}

test('a sink is opened, written to with numbers, and closed', async () => {
  const stage = await committed('a', 'b');
  const calls: unknown[] = [];
  const watched = pumpTo(stage, {
    open: (position) => void calls.push(['open', position]),
    write: (records, sequence) => void calls.push(['write', records, sequence]),
    close: () => void calls.push(['close']),
  });
  await turn();
  stage.add('c');
  await stage.checkpoint();
  await watched.pump.stop();
  expect(calls).toEqual([['open', undefined], ['write', ['a', 'b'], 0], ['write', ['c'], 2], ['close']]);
  expect([stage.ledger.acknowledgedCount, stage.ledger.pendingCount, watched.progressCount]).toEqual([3, 0, 2]);
});

test('what a transactional sink says is remembered together with how much it has got', async () => {
  const stage = await committed('a', 'b');
  const synced: number[] = [];
  let writtenCount = 0;
  const sink: EgressSink<unknown> = {
    open: (position) => void (writtenCount = (position as number | undefined) ?? 0),
    write: (records) => void (writtenCount += records.length),
    position: () => writtenCount,
    sync: async () => void synced.push(writtenCount),
  };
  const watched = pumpTo(stage, sink);
  await turn();
  await stage.checkpoint();
  expect(stage.position).toMatchObject({ acknowledged: 2, sink: 2 });
  expect(synced).toEqual([2]);
  const second = stage.restart();
  writtenCount = 17;
  const again = pumpTo(second, sink);
  await again.pump.stop();
  expect(writtenCount).toBe(2);
  await watched.pump.stop();
});

test('a checkpoint in the middle of a write remembers nothing of it', async () => {
  const stage = await committed('a');
  const { promise, resolve } = Promise.withResolvers<void>();
  const watched = pumpTo(stage, { write: () => promise, position: () => 'after a' });
  await turn();
  await stage.checkpoint();
  expect(stage.position).toMatchObject({ acknowledged: 0, sink: undefined });
  resolve();
  await watched.pump.stop();
  await stage.checkpoint();
  expect(stage.position).toMatchObject({ acknowledged: 1, sink: 'after a' });
});

test.each<[string, EgressSink<unknown>]>([
  ['to open', { open: () => Promise.reject(new Error('no luck')), write: () => {} }],
  ['to write', { write: () => Promise.reject(new Error('no luck')) }],
  ['to close', { write: () => {}, close: () => Promise.reject(new Error('no luck')) }],
])('a sink that fails %s is an error with its cause', async (_, sink) => {
  const stage = await committed('a');
  const { pump, errors } = pumpTo(stage, sink);
  await pump.stop();
  expect(errors).toMatchObject([{ code: 'EGRESS_FAILED', cause: { message: 'no luck' } }]);
  expect(errors[0]?.message).toContain('test/results');
});

test('a callback gets each record with its number, one after the other', async () => {
  const stage = await committed('a', 'b', 'c');
  const seen: unknown[] = [];
  let underWayCount = 0;
  const sink = callbackSink(async (record: unknown, sequence) => {
    expect(++underWayCount).toBe(1);
    await turn();
    underWayCount--;
    seen.push([sequence, record]);
  });
  const { pump } = pumpTo(stage, sink);
  await pump.stop();
  expect(seen).toEqual([
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ]);
});

test('a loop knows the number of each record, and is done with it when it comes back for more', async () => {
  const stage = await committed('a', 'b');
  let progressCount = 0;
  const stream = new EgressStream<unknown>(stage.ledger, () => void progressCount++);
  const seen: unknown[] = [];
  for await (const record of stream) {
    seen.push([stream.sequence, record]);
    if (record === 'b') break;
  }
  expect(stage.ledger.acknowledgedCount).toBe(0);
  stage.add('c');
  await stage.checkpoint();
  for await (const record of stream) {
    seen.push([stream.sequence, record]);
    break;
  }
  expect(stage.ledger.acknowledgedCount).toBe(2);
  expect(progressCount).toBe(1);
  expect(seen).toEqual([
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ]);
});

test('a loop ends with the engine, or fails with it', async () => {
  const stage = await committed('a');
  const stream = new EgressStream<unknown>(stage.ledger, () => {});
  stream.end();
  const seen: unknown[] = [];
  for await (const record of stream) seen.push(record);
  expect(seen).toEqual(['a']);
  stream.fail(new Error('the engine has failed'));
  await expect(stream.next()).rejects.toThrow('the engine has failed');
});

test('a sink that has failed lets go of its files, and only its first failure is told', async () => {
  const stage = await committed('a');
  const calls: string[] = [];
  const watched = pumpTo(stage, {
    write: () => Promise.reject(new Error('no room')),
    close: () => {
      calls.push('close');
      throw new Error('nor this');
    },
  });
  await watched.pump.stop();
  expect(calls).toEqual(['close']);
  expect(watched.errors.map(({ message }) => message)).toEqual([expect.stringMatching(/no room/)]);
});

test('an abandoned sink is closed when its write has ended, and gets nothing more', async () => {
  const stage = await committed('a');
  const calls: unknown[] = [];
  const write = Promise.withResolvers<void>();
  const watched = pumpTo(stage, {
    write: (records) => {
      calls.push(records);
      return write.promise;
    },
    close: () => void calls.push('close'),
  });
  await turn();
  stage.add('b');
  await stage.checkpoint();
  const abandoned = watched.pump.abandon();
  await turn();
  expect(calls).toEqual([['a']]);
  write.resolve();
  await abandoned;
  expect(calls).toEqual([['a'], 'close']);
  expect([stage.ledger.acknowledgedCount, watched.errors]).toEqual([0, []]);
});

test('whoever takes a record gets the trace beside its number, if there is one', async () => {
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', causalId: 'order 7' };
  const stage = durableStage();
  stage.add('a');
  stage.add('b', false, trace);
  await stage.checkpoint();
  const after = stage.restart();
  const stream = new EgressStream<string>(stage.ledger, () => {});
  const seen: unknown[] = [];
  for (let count = 0; count < 2; count++) seen.push([(await stream.next()).value, stream.sequence, stream.trace]);
  expect(seen).toEqual([
    ['a', 0, undefined],
    ['b', 1, trace],
  ]);
  const calls: unknown[] = [];
  const sink = callbackSink((...call: unknown[]) => void calls.push(call));
  const watched = pumpTo(after, sink);
  await watched.pump.stop();
  expect(calls).toEqual(seen);
});
