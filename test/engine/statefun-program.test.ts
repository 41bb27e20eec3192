/**
 * StateFun programs as modules: a file that exports a `StateFun` object, or only makes one, runs in the engine's threads.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Engine, type MillraceError, startEngine } from '../../src/index.ts';
import { LongType, readTyped, StringType, type TypedValue } from '../../src/statefun/index.ts';

async function open(file: string): Promise<{ engine: Engine; errors: MillraceError[] }> {
  const errors: MillraceError[] = [];
  const engine = await startEngine({ module: new URL(`./statefun/${file}`, import.meta.url), shardCount: 2 });
  engine.on('error', (error) => errors.push(error));
  onTestFinished(async () => await engine.stop());
  return { engine, errors };
}

test('an exported program: state and messages', async () => {
  const { engine, errors } = await open('exporting-program.ts');
  for (const id of ['a', 'b', 'c']) {
    for (let n = 1; n <= 10; n++) await engine.send('program/counter', id, n);
    const answer = (await engine.ask('program/counter', id, 0)) as TypedValue;
    expect(readTyped(LongType, answer)).toBe(55n);
  }
  expect(errors).toEqual([]);
});

test('a program that exports nothing and listens: it runs, twice in one process, and does not listen', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  process.env['SILENT_PROGRAM_PORT'] = String((taken.address() as AddressInfo).port);
  for (let round = 0; round < 2; round++) {
    const { engine, errors } = await open('silent-program.cjs');
    const answer = (await engine.ask('program/echo', 'x', 'hello')) as TypedValue;
    expect(readTyped(StringType, answer)).toBe('hello from x');
    await expect(engine.ask('program/echo', 'x', 'throw')).rejects.toThrow(/as told/);
    expect(errors).toEqual([]);
  }
  // Everybody else's servers are as they were.
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  other.close();
});

test('a program listens nowhere, however it goes about it; its functions may, and so does who started the engine', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  process.env['SILENT_PROGRAM_PORT'] = String((taken.address() as AddressInfo).port);
  const { engine, errors } = await open('listening-program.ts');
  const { port, address } = taken.address() as AddressInfo;
  const wanted = { address, family: 'IPv4', port };
  const answer = (await engine.ask('program/servers', 'x', 'which?')) as TypedValue;
  expect(readTyped(StringType, answer)).toBe(JSON.stringify([wanted, wanted, wanted, '/run/program.sock']));
  const own = (await engine.ask('program/servers', 'x', 'listen')) as TypedValue;
  expect(Number(readTyped(StringType, own))).toBeGreaterThan(0);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  expect((other.address() as AddressInfo).port).toBeGreaterThan(0);
  other.close();
  expect(errors).toEqual([]);
});

test('after a module that makes no program servers are as they were', async () => {
  const { listen } = Server.prototype;
  await (await startEngine({ module: new URL('./statefun/no-program.ts', import.meta.url), shardCount: 1 })).stop();
  expect(Server.prototype.listen).toBe(listen);
});

test('several programs in one file run side by side', async () => {
  const { engine, errors } = await open('two-programs.ts');
  for (const type of ['two/first', 'two/second']) await engine.send(type, 'a', 'x');
  await engine.drained();
  expect(errors).toEqual([]);
});
