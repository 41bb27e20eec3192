/**
 * What an engine says of itself agrees with what was done with it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { expect, onTestFinished, test } from 'vitest';
import { type Order, puppet, records } from './puppet.ts';
import { IDS, openEngine } from './puppet-engine.ts';

const MESSAGE_COUNT = 2_000;

function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-observation-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('messages, failures, records and checkpoints are counted, and what is in hand is told', async () => {
  const { engine } = await openEngine({ directory: scratchDirectory() });
  for (const id of IDS) await engine.send(puppet, id, { do: 'egress', value: id }, { until: 'accepted' });
  await engine.ask(puppet, IDS[0], { do: 'throw', text: 'on purpose' }).catch(() => {});
  void engine.ask(puppet, IDS[1], { do: 'sleep', ms: 1e9 }).catch(() => {});
  void engine.send(puppet, IDS[1], { do: 'load' }, { until: 'accepted' });
  await engine.checkpoint();
  let metrics = await engine.metrics();
  while (metrics.shards.reduce((sum, { heldCount }) => sum + heldCount, 0) === 0) {
    await sleep(2);
    metrics = await engine.metrics();
  }
  expect(metrics.functions[puppet.type]).toEqual({ messageCount: IDS.length + 2, failureCount: 1, counters: {} });
  expect(metrics.shards.map(({ shard }) => shard)).toEqual([0, 1]);
  for (const { messageCount } of metrics.shards) expect(messageCount).toBeGreaterThan(0);
  expect(metrics.shards.reduce((sum, { asyncCount }) => sum + asyncCount, 0)).toBe(1);
  expect(metrics.egresses[records.type]).toEqual({
    pendingCount: IDS.length,
    heldCount: 0,
    acknowledgedCount: 0,
  });
  expect(metrics.checkpoints?.count).toBeGreaterThan(0);
  expect(metrics.checkpoints?.epoch).toBeGreaterThanOrEqual(metrics.checkpoints?.count ?? 0);
});

test('functions count for themselves, over all shards, and also when they fail', async () => {
  const { engine } = await openEngine();
  for (const id of IDS) await engine.send(puppet, id, { do: 'count', name: 'seen' });
  await engine.send(puppet, IDS[0], { do: 'count', name: 'paid', amount: 40 });
  await engine.send(puppet, IDS[1], { do: 'count', name: 'paid', amount: -5, thenThrow: true });
  await engine.drained();
  expect((await engine.metrics()).functions[puppet.type]).toEqual({
    messageCount: IDS.length + 2,
    failureCount: 1,
    counters: { seen: IDS.length, paid: 35 },
  });
});

test('latencies of all parts are there, as percentiles and as histograms that others read', async () => {
  const { engine } = await openEngine({ directory: scratchDirectory() });
  engine.egress(records, async () => {});
  const sends: Promise<void>[] = [];
  for (let count = 0; count < MESSAGE_COUNT; count++) {
    sends.push(engine.send(puppet, IDS[count % IDS.length], { do: 'egress', value: count }));
  }
  await Promise.all(sends);
  for (let value = 0; value < 20; value++)
    await engine.ask(puppet, 'Kim', { do: 'echo', value }, { until: 'processed' });
  await engine.drained();
  // Asked at the same time and one after the other: what has come to an end is told by all, and once by each.
  const counts = (await Promise.all([engine.latency(), engine.latency()])).map(({ invocation }) => invocation?.count);
  const latency = await engine.latency({ reset: true });
  expect(latency.invocation?.count).toBe(Math.max(...counts.map((count) => count ?? 0)));
  for (const name of ['ingressToInvocation', 'invocation', 'endToEnd', 'commit'] as const) {
    const summary = latency[name];
    // About one in so many.
    const gap = name === 'invocation' ? 256 : 64;
    expect(summary?.count, name).toBeGreaterThan(MESSAGE_COUNT / gap / 3);
    expect(summary?.count, name).toBeLessThan((MESSAGE_COUNT / gap) * 3);
    expect(summary?.p50Ms, name).toBeLessThanOrEqual(summary?.p99Ms ?? 0);
    expect(summary?.p9999Ms, name).toBeLessThanOrEqual(summary?.maxMs ?? 0);
  }
  expect(latency.ask?.count).toBe(20);
  expect(latency.checkpoint.total?.count).toBeGreaterThan(0);
  expect(latency.checkpoint.manifest?.count).toBe(latency.checkpoint.total?.count);
  // A record leaves after its commit, so no earlier than its invocation begins.
  expect(latency.endToEnd?.p50Ms).toBeGreaterThan(latency.ingressToInvocation?.p50Ms ?? 0);
  const read = build();
  read.add(decodeFromCompressedBase64(latency.commit?.histogram ?? '', 32, false));
  expect(read.totalCount).toBe(latency.commit?.count);
  // To three digits.
  expect(read.maxValue / 1e6 / (latency.commit?.maxMs ?? 0)).toBeCloseTo(1, 2);
  const after = await engine.latency();
  expect([after.ask, after.endToEnd]).toEqual([undefined, undefined]);
});

test('a message from outside that is followed is timed to its own invocation, and to each record that comes of it', async () => {
  const { engine } = await openEngine();
  engine.egress(records, async () => {});
  const [first, second, third] = IDS.map((id) => ({ type: puppet.type, id }));
  const last: Order = { do: 'egress', value: 1 };
  const order: Order = { do: 'send', to: second, order: { do: 'send', to: third, order: last, times: 5 } };
  // The first of all is followed.
  await engine.send(puppet, first.id, order);
  await engine.drained();
  const { ingressToInvocation, endToEnd } = await engine.latency();
  expect([ingressToInvocation?.count, endToEnd?.count]).toEqual([1, 5]);
});

test('without a data directory there are no checkpoints to time', async () => {
  const { engine } = await openEngine();
  await engine.ask(puppet, 'Kim', { do: 'echo', value: 1 });
  const { checkpoint, commit, ask } = await engine.latency();
  expect([checkpoint.total, commit, ask?.count]).toEqual([undefined, undefined, 1]);
  expect((await engine.metrics()).checkpoints).toBeUndefined();
});
