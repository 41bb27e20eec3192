/**
 * The process that makes dead letters, or that lists them and sends them again: one engine, asked for one thing at a
 * time, which remembers how much memory was taken at most.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine } from '../../src/index.ts';
import { answerRequests, childOptions } from '../harness/child-requests.ts';
import type { Numbers } from '../harness/child.ts';
import { memoryUse } from '../harness/memory.ts';
import { durableIn } from './engine-flow.ts';

export interface LettersOptions {
  readonly directory: string;
  readonly shards: number;
  readonly memoryBytes: number;
  /** Between checkpoints; when the engine likes, unless given. */
  readonly intervalMs?: number | undefined;
  readonly isRepaired: boolean;
}

export type LettersRequest =
  /** Answers `seconds`. */
  | { readonly make: number }
  /** Answers `seconds`, `count` and `sum`. */
  | 'list'
  /** Answers `seconds` and `count`. */
  | 'redrive'
  /** Answers `sum`. */
  | 'sum'
  /** Answers `anonymousBytes`: at most so far. */
  | 'memory'
  /** Afterwards it can only be killed. */
  | 'close';

const WORK = 'bench/work';
const SUM = -1;
const ID_COUNT = 1_000;
const ACCEPTED = { until: 'accepted' } as const;
const LOOK_MS = 50;

const { directory, shards, memoryBytes, intervalMs, isRepaired } = childOptions<LettersOptions>();
const module = new URL('./dead-letters-module.ts', import.meta.url);
if (isRepaired) module.searchParams.set('repaired', '');
const durable = { ...durableIn({ path: directory }, intervalMs), memory: memoryBytes };
const engine = await startEngine({ module, shardCount: shards, development: false, ...durable });
engine.on('error', (error) => {
  if (error.code !== 'INVOCATION_FAILED') throw error;
});

let anonymousBytesMax = 0;
setInterval(() => {
  anonymousBytesMax = Math.max(anonymousBytesMax, memoryUse().anonymousBytes);
}, LOOK_MS).unref();

const idOf = (number: number): string => `id-${number % ID_COUNT}`;

async function make(count: number): Promise<Numbers> {
  for (let number = 0; number < count; number++) await engine.send(WORK, idOf(number), number, ACCEPTED);
  await engine.drained();
  await engine.checkpoint();
  return {};
}

async function list(): Promise<Numbers> {
  let count = 0;
  let sum = 0;
  for await (const { message } of engine.deadLetters.list()) {
    count++;
    sum += message as number;
  }
  return { count, sum };
}

async function redrive(): Promise<Numbers> {
  const { count } = await engine.deadLetters.redrive({});
  await engine.drained();
  return { count };
}

async function takeSum(): Promise<Numbers> {
  let sum = 0;
  for (let number = 0; number < ID_COUNT; number++) sum += (await engine.ask(WORK, idOf(number), SUM)) as number;
  return { sum };
}

async function timed(work: () => Promise<Numbers>): Promise<Numbers> {
  const beganMs = performance.now();
  const numbers = await work();
  return { ...numbers, seconds: (performance.now() - beganMs) / 1000 };
}

answerRequests<LettersRequest>(async (request) => {
  if (typeof request === 'object') return timed(() => make(request.make));
  switch (request) {
    case 'list':
      return timed(list);
    case 'redrive':
      return timed(redrive);
    case 'sum':
      return takeSum();
    case 'memory':
      // Somebody has looked by then.
      await sleep(2 * LOOK_MS);
      return { anonymousBytes: anonymousBytesMax };
    case 'close':
      await engine.stop();
      return {};
  }
});
