/**
 * Counters in Redis: a Lua script per increment, since that is where somebody puts logic who uses Redis for it, many of
 * them under way over a Unix socket, and `appendfsync always`, so that an answer means that it is on disk. Killed and
 * started again before its counters are added up.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CounterSession } from '../../flow/keyed-counter.ts';
import { entityIds, TargetDraw } from '../../flow/entity-ids.ts';
import { Scratch } from '../../harness/scratch.ts';
import { RespClient } from './resp-client.ts';

const PROGRAM = 'redis-server';
const SCRIPT = "return redis.call('INCR', KEYS[1])";
/**
 * Increments that are under way, and those of one write. Ours has more under way, but that is no help here: of 2,000, 4,000,
 * 8,000 and 32,000, by turns on a quiet machine, 4,000 were the fastest (265,000, and 207,000, 229,000 and 205,000 a second).
 */
const OUTSTANDING_MAX = 4_000;
const WRITE_COUNT = 250;
const START_ATTEMPTS = 200;
const SUM_COUNT = 1_000;

export function missingRedis(): string | undefined {
  return spawnSync(PROGRAM, ['--version']).status === 0 ? undefined : `${PROGRAM} is not installed`;
}

export class RedisCounter implements CounterSession {
  readonly #scratch = new Scratch();
  readonly #ids: readonly string[];
  readonly #draw: TargetDraw;
  #process: ChildProcess | undefined;
  #client: RespClient | undefined;
  #sha = '';

  private constructor(entities: number) {
    this.#ids = entityIds(entities);
    this.#draw = new TargetDraw(this.#ids, 0);
  }

  static async open(entities: number): Promise<RedisCounter> {
    const counter = new RedisCounter(entities);
    await counter.#start();
    return counter;
  }

  async #start(): Promise<void> {
    const socket = join(this.#scratch.path, 'redis.sock');
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const args = ['--port', '0', '--unixsocket', socket, '--dir', this.#scratch.path, ...durable];
    this.#process = spawn(PROGRAM, args, { stdio: 'ignore' });
    for (let attempt = 0; ; attempt++) {
      try {
        this.#client = await RespClient.open(socket);
        // While it reads its file it answers with an error.
        this.#sha = String(await this.#client.call('SCRIPT', 'LOAD', SCRIPT));
        return;
      } catch (error) {
        this.#client?.close();
        if (attempt === START_ATTEMPTS) throw error;
        await sleep(50);
      }
    }
  }

  async add(count: number): Promise<number> {
    const client = this.#connected;
    const pending: Promise<unknown>[] = [];
    const startedMs = performance.now();
    for (let left = count; left > 0; left -= WRITE_COUNT) {
      const writeCount = Math.min(left, WRITE_COUNT);
      let commands = '';
      const answers: Promise<unknown>[] = [];
      for (let index = 0; index < writeCount; index++) {
        commands += RespClient.encode(['EVALSHA', this.#sha, '1', this.#draw.next()]);
        answers.push(client.answer());
      }
      client.write(commands);
      pending.push(Promise.all(answers));
      if (pending.length >= OUTSTANDING_MAX / WRITE_COUNT) await pending.shift();
    }
    await Promise.all(pending);
    return (performance.now() - startedMs) / 1000;
  }

  async sum(): Promise<number> {
    await this.#kill();
    await this.#start();
    let sum = 0;
    for (let first = 0; first < this.#ids.length; first += SUM_COUNT) {
      const values = await this.#connected.call('MGET', ...this.#ids.slice(first, first + SUM_COUNT));
      for (const value of values as readonly (string | null)[]) sum += Number(value ?? 0);
    }
    return sum;
  }

  async close(): Promise<void> {
    await this.#kill();
    this.#scratch.remove();
  }

  async #kill(): Promise<void> {
    this.#client?.close();
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  get #connected(): RespClient {
    if (this.#client === undefined) throw new Error('Redis has not started.');
    return this.#client;
  }
}
