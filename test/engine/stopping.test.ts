/**
 * How an engine ends: in order, by force, twice, by leaving a block, on signals; and what is left behind of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defineEgress, type EgressSink, type Engine, startEngine, stopOnSignals } from '../../src/index.ts';
import { counter, puppet, records } from './puppet.ts';
import { closedGate, IDS, isPending, openEngine, PUPPET_MODULE, until } from './puppet-engine.ts';

test('an orderly stop finishes everything that was sent, even in the same breath', async () => {
  for (let round = 0; round < 3; round++) {
    const { engine } = await openEngine();
    const taken: unknown[] = [];
    engine.egress(records, (record) => void taken.push(record));
    for (const id of IDS) void engine.send(puppet, id, { do: 'egress', value: id });
    await engine.stop();
    expect([taken.length, new Set(taken)]).toEqual([IDS.length, new Set(IDS)]);
  }
});

test('an orderly stop waits for async invocations and what they send', async () => {
  const { engine } = await openEngine();
  const taken: unknown[] = [];
  engine.egress(records, async (record) => void taken.push(record));
  const { gate, open } = closedGate();
  await engine.send(puppet, 'Kim', {
    do: 'wait',
    gate,
    after: { do: 'send', to: { type: 'puppet/async', id: 'Lee' }, order: { do: 'egress', value: 'in the end' } },
  });
  const stopped = engine.stop();
  expect(await isPending(stopped)).toBe(true);
  open();
  await stopped;
  expect(taken).toEqual(['in the end']);
});

test('a stream gets what is left, and then its end, also from disk', async () => {
  const { engine } = await openEngine({ overflowBytes: 0 });
  await engine.send(puppet, 'Kim', { do: 'egress many', count: 500 });
  await engine.stop();
  const taken: unknown[] = [];
  for await (const record of engine.egress<{ number: number }>({ type: 'puppet/records' })) taken.push(record.number);
  expect(taken).toEqual(Array.from({ length: 500 }, (_, index) => index));
});

test('stopping again waits for the same end; afterwards nothing is taken any more', async () => {
  const { engine } = await openEngine();
  const { gate, open } = closedGate();
  await engine.send(puppet, 'Kim', { do: 'wait', gate });
  const stops = [engine.stop(), engine.stop()];
  await expect(engine.send(puppet, 'Kim', { do: 'load' })).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
  open();
  await Promise.all(stops);
  await engine.stop();
  await expect(engine.ask(puppet, 'Kim', { do: 'load' })).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
});

test.each([
  ['an invocation never ends', 'wait'],
  ['a function spins', 'spin'],
] as const)('force does not wait, although %s', async (_, manner) => {
  const { engine } = await openEngine();
  // Nobody ever opens it.
  const pending = engine.ask(puppet, 'Kim', { do: manner, gate: closedGate().gate }).catch((error: unknown) => error);
  const orderly = engine.stop();
  // By then it is under way, or it is still to begin; it makes no difference.
  await sleep(50);
  await engine.stop({ force: true });
  await orderly;
  expect(await pending).toMatchObject({ code: 'ENGINE_STOPPED' });
});

test.each([
  ['by force', 'force'],
  ['by force while a write does not end', 'stuck'],
  ['with a failure', 'failure'],
] as const)('whatever ends an engine, its sinks are closed: %s', async (_, manner) => {
  const calls: string[] = [];
  const written = Promise.withResolvers<void>();
  const sink: EgressSink<unknown> = {
    open: () => void calls.push('open'),
    write: async () => {
      written.resolve();
      if (manner === 'stuck') await new Promise(() => {});
    },
    close: () => void calls.push('close'),
  };
  const { engine } = await openEngine({ egresses: [defineEgress({ type: records.type, sink })] });
  await engine.send(puppet, 'Kim', { do: 'egress', value: 1 });
  await written.promise;
  const last = engine.ask(
    puppet,
    'Kim',
    manner === 'failure' ? { do: 'misbehave', how: 'process.exit' } : { do: 'load' },
  );
  await last.catch(() => {});
  await engine.stop({ force: true }).catch(() => {});
  expect(calls).toEqual(manner === 'stuck' ? ['open'] : ['open', 'close']);
});

test('leaving a block of `await using` stops the engine', async () => {
  // Called by its name, since the oldest Node that runs this does not know the syntax.
  const engine: AsyncDisposable & Engine = await startEngine({ module: PUPPET_MODULE, shardCount: 1 });
  await engine.send(counter, 'Kim', 1);
  await engine[Symbol.asyncDispose]();
  await expect(engine.send(counter, 'Kim', 2)).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
});

test('two engines in one process know nothing of each other', async () => {
  const [one, other] = [await openEngine({ shardCount: 1 }), await openEngine({ shardCount: 3 })];
  await one.engine.send(counter, 'Kim', 1);
  await one.engine.drained();
  expect(await other.engine.ask(counter, 'Kim', 'count')).toBe(0);
  await one.engine.stop();
  await other.engine.send(counter, 'Kim', 1);
  expect(await other.engine.ask(counter, 'Kim', 'count')).toBe(1);
});

test('a given spill directory keeps what is not the engine’s', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-stopping-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'precious'), 'not yours');
  const { engine } = await openEngine({ spillDirectory: folder, overflowBytes: 0, ringCapacityBytes: 4_096 });
  const order = { do: 'save', value: 'x'.repeat(50) } as const;
  const flood = { do: 'send', to: { type: 'puppet/sync', id: 'Lee' }, order, times: 500 } as const;
  for (const id of IDS) await engine.send(puppet, id, flood);
  await until(() => readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.spill')));
  await engine.stop();
  expect(readdirSync(folder)).toEqual(['precious']);
});

test('the first signal stops in order, the second by force', async () => {
  const { engine } = await openEngine();
  const takeBack = stopOnSignals(engine);
  const pending = engine.ask(puppet, 'Kim', { do: 'sleep', ms: 1e9 }).catch((error: unknown) => error);
  process.emit('SIGINT');
  await expect(engine.send(puppet, 'Kim', { do: 'load' })).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
  process.emit('SIGTERM');
  expect(await pending).toMatchObject({ code: 'ENGINE_STOPPED' });
  takeBack();
  expect(process.listenerCount('SIGTERM')).toBe(0);
});
