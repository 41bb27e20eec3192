/**
 * What rivals that are servers have in common: free ports, waiting until they answer, and an end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 600;
const PAUSE_MS = 50;

/** A port that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks again and again until it does not fail any more. */
export async function untilItAnswers<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** A server of somebody else's; what it says is thrown away. It dies with this process. */
export class RivalProcess {
  readonly #process: ChildProcess;
  readonly #onExit = (): void => void this.#process.kill('SIGKILL');

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } });
    process.on('exit', this.#onExit);
  }

  async kill(): Promise<void> {
    process.off('exit', this.#onExit);
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

/** Calls `one` so often, with at most `outstandingMax` under way; resolves when all have ended. */
export async function manyAtATime(count: number, outstandingMax: number, one: () => Promise<void>): Promise<void> {
  let left = count;
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left--;
      await one();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, outstandingMax) }, loop));
}
