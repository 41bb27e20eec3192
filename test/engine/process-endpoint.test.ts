/** Functions in processes beside the shards, on real threads with the official SDK: they end with us, and we not with them. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DeadLetter, Engine } from '../../src/index.ts';
import { openEngine, until, type WatchedEngine } from './puppet-engine.ts';
import { answerOf, COUNTERS } from './processes/counters.ts';
import { groupOf, setEnvironment, startRemote } from './processes/process-stage.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-processes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

async function lettersOf(engine: Engine): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of engine.deadLetters.list()) letters.push(letter);
  return letters;
}

const open = (): Promise<WatchedEngine> => openEngine({ module: COUNTERS, directory: join(scratch(), 'data') });

describe.skipIf(process.platform === 'win32')('function processes', () => {
  test('embedded, co-located and remote functions of one module talk to each other', async () => {
    setEnvironment('MILLRACE_TEST_URL', await startRemote());
    const { engine, errors } = await open();
    const types = ['embedded/counter', 'process/counter', 'remote/counter'];
    for (const type of types) await engine.send(type, 'Kim', 'hop 30');
    const counts = async (): Promise<number> => {
      const all = await Promise.all(types.map((type) => answerOf(engine, type, 'Kim', 'get')));
      return all.map(Number).reduce((sum, count) => sum + count, 0);
    };
    while ((await counts()) < 90) await sleep(10);
    expect(await Promise.all(types.map((type) => answerOf(engine, type, 'Kim', 'get')))).toEqual(['30', '30', '30']);
    expect(errors).toEqual([]);
  });

  test('there is one beside each shard, and they end with the engine', async () => {
    const { engine } = await open();
    const pids = new Set(await Promise.all(IDS.map((id) => answerOf(engine, 'process/counter', id, 'pid'))));
    const places = new Set(await Promise.all(IDS.map((id) => answerOf(engine, 'process/counter', id, 'where'))));
    expect(pids.size).toBe(2);
    expect([...places].toSorted()).toEqual(['0 of 2', '1 of 2']);
    await engine.stop();
    await until(() => [...pids].every((pid) => groupOf(Number(pid)).length === 0));
    expect([...pids].flatMap((pid) => groupOf(Number(pid)))).toEqual([]);
  });

  test('one that is killed under load is started again, and every message counts once', async () => {
    const { engine, errors } = await open();
    const rounds = 40;
    for (let round = 1; round <= rounds; round++) {
      await Promise.all(IDS.map((id) => engine.send('process/counter', id, 'add 1', { until: 'accepted' })));
      if (round % 10 !== 0) continue;
      const pid = await answerOf(engine, 'process/counter', IDS[round % 8], 'pid');
      process.kill(Number(pid), 'SIGKILL');
    }
    const totals = await Promise.all(IDS.map((id) => answerOf(engine, 'process/counter', id, 'get')));
    expect(totals).toEqual(IDS.map(() => String(rounds)));
    const reasons = errors.map(({ code, details }) => `${code} ${String(details['reason'])}`);
    expect(new Set(reasons)).toEqual(new Set(['PROCESS_FAILED signal SIGKILL']));
    expect(await lettersOf(engine)).toEqual([]);
  });

  test('a message that ends it each time is a dead letter, and its neighbours are not', async () => {
    const { engine, errors } = await open();
    await engine.send('process/counter', 'Kim', 'die', { until: 'accepted' });
    const others = IDS.flatMap((id) => [1, 2, 3].map(() => engine.send('process/counter', id, 'add 1')));
    await Promise.all(others);
    const totals = await Promise.all(IDS.map((id) => answerOf(engine, 'process/counter', id, 'get')));
    expect(totals).toEqual(IDS.map(() => '3'));
    await until(() => errors.some(({ code }) => code === 'INVOCATION_FAILED'));
    expect(await lettersOf(engine)).toMatchObject([{ target: { type: 'process/counter', id: 'Kim' }, message: 'die' }]);
    expect(errors.filter(({ code }) => code === 'PROCESS_FAILED').length).toBeGreaterThanOrEqual(3);
  });

  test('the directory for temporary files may be called anything', async () => {
    const folder = join(scratch(), 'a b#c?d%20ü', 'x.sock');
    mkdirSync(folder, { recursive: true });
    setEnvironment('TMPDIR', folder);
    const { engine, errors } = await open();
    expect(await answerOf(engine, 'process/counter', 'Kim', 'get')).toBe('0');
    expect(readdirSync(folder).some((name) => name.startsWith('millrace-process-'))).toBe(true);
    expect(errors).toEqual([]);
  });

  test('a program that is not there is told by name, and stopping goes well', async () => {
    setEnvironment('MILLRACE_TEST_COMMAND', '/no/such/program --verbose');
    const { engine, errors } = await open();
    const waiting = engine.ask('process/counter', 'Kim', 'get');
    waiting.catch(() => {});
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'PROCESS_FAILED', details: { name: 'counter', reason: 'exit code 127' } });
    expect(errors[0]?.message).toMatch(/counter of shard \d has ended: exit code 127; it wrote last: .*not found/);
    await engine.stop({ force: true });
    await expect(waiting).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
  });

  test('none outlives an engine that is killed, and the next engine goes on where it was', async () => {
    const directory = join(scratch(), 'data');
    const script = new URL('./processes/engine-child.ts', import.meta.url);
    const child = fork(script, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let pids: readonly number[] = [];
    let committed = 0;
    child.on('message', (said: { pids?: readonly number[]; count?: number }) => {
      pids = said.pids ?? pids;
      committed = said.count ?? committed;
    });
    await until(() => committed >= 5);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => pids.every((pid) => groupOf(pid).length === 0));
    expect(new Set(pids).size).toBe(2);
    const { engine } = await openEngine({ module: COUNTERS, directory });
    const total = Number(await answerOf(engine, 'process/counter', 'Kim', 'get'));
    expect([committed, committed + 1]).toContain(total);
  });
});
