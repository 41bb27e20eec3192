/**
 * The StateFun program of the examples, embedded and behind HTTP: the same greetings.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startEngine } from '../../src/index.ts';
import { readTyped, StringType, type TypedValue } from '../../src/statefun/index.ts';
import { ROOT } from '../tool.ts';
import { runExample } from './example-run.ts';

const NAMES = ['Kim', 'Lou', 'Kim', 'Kim', 'Kim'];

function greetingsOf(lines: readonly string[], name: string): string[] {
  return lines.filter((line) => line.includes(`, ${name}, `));
}

const KIMS = [
  'Welcome, Kim, to the library.',
  'Nice to see you again, Kim, to the library.',
  'Third time is the charm, Kim, to the library.',
  'Visit number 4, Kim, to the library.',
];

test('embedded', async () => {
  const { code, stdout, stderr } = await runExample('examples/statefun-greeter/main.ts', NAMES);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(5);
  expect(greetingsOf(lines, 'Kim')).toEqual(KIMS);
});

test('behind HTTP', async () => {
  const port = await served();
  process.env['GREETER_PORT'] = String(port);
  const engine = await startEngine({ module: new URL('./greeter-behind-http.ts', import.meta.url), shardCount: 2 });
  onTestFinished(async () => await engine.stop());
  const lines: string[] = [];
  engine.egress('example/greetings', (greeting) => {
    lines.push(readTyped(StringType, greeting as TypedValue) ?? '');
  });
  for (const name of NAMES) await engine.send('example/person', name, 'the library');
  await engine.drained();
  expect(greetingsOf(lines, 'Lou')).toEqual(['Welcome, Lou, to the library.']);
  expect(greetingsOf(lines, 'Kim').toSorted()).toEqual(KIMS.toSorted());
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts the program as a process of its own; resolves with its port when it can be reached. */
async function served(): Promise<number> {
  // Somebody else may take the port before the program does: then it ends, and another one is tried.
  for (;;) {
    const port = await freePort();
    const env = { ...process.env, PORT: String(port) };
    const child = spawn(process.execPath, [join(ROOT, 'examples/statefun-greeter/program.cjs')], { env });
    onTestFinished(() => void child.kill());
    while (child.exitCode === null) {
      if (await isOpen(port)) return port;
      await setTimeout(50);
    }
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const outcome = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return outcome;
}
