/**
 * The module of `async-wait`, `async-beside` and `hot-address`: functions that wait 1 ms in each invocation, functions
 * that do not wait, and how many of both each thread has seen come to their end. The module's URL says whether messages
 * to the waiting ones have a body, and whether these count in their state, for an engine that keeps it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { type Context, defineFunction, defineModule, value, type ValueSpec } from '../../src/index.ts';
import { isWhole } from './message-body.ts';

export const WAIT_MS = 1;
/** Invocations of `bench/waiter` under way at a time, in each shard. */
export const CONCURRENCY = 64;

export interface AsyncReport {
  readonly thread: number;
  readonly waitedCount: number;
  readonly hopCount: number;
}

/** Of a message to a waiter: its body, if there is one. */
type Task = Uint8Array | null;

const { searchParams } = new URL(import.meta.url);
const bytes = Number(searchParams.get('bytes') ?? 0);
let waitedCount = 0;
let hopCount = 0;
let isOver = false;

const waiter = defineFunction<Task>({
  type: 'bench/waiter',
  concurrency: CONCURRENCY,
  async invoke(_ctx, task) {
    await sleep(WAIT_MS);
    if (isIntact(task)) waitedCount++;
  },
});

const countingWaiter = defineFunction({
  type: 'bench/waiter',
  concurrency: CONCURRENCY,
  state: { count: value({ initial: 0 }) },
  async invoke(ctx, task: Task | 'report') {
    await countOne(ctx, task);
  },
});

function isIntact(task: Task): boolean {
  return task === null ? bytes === 0 : isWhole(task, bytes);
}

export interface EchoQuestion {
  readonly number: number;
  readonly body: Task;
}

/** One address of it is the hot one. */
const slow = defineFunction<Task>({
  type: 'bench/slow',
  async invoke(_ctx, task) {
    await sleep(WAIT_MS);
    if (isIntact(task)) waitedCount++;
  },
});

const countingSlow = defineFunction({
  type: 'bench/slow',
  state: { count: value({ initial: 0 }) },
  async invoke(ctx, task: Task | 'report') {
    await countOne(ctx, task);
  },
});

type Counting = Context<{ count: ValueSpec<number> }, number>;

async function countOne(ctx: Counting, task: Task | 'report'): Promise<void> {
  if (task === 'report') {
    ctx.reply(ctx.state.count);
    return;
  }
  await sleep(WAIT_MS);
  if (!isIntact(task)) return;
  ctx.state.count++;
  waitedCount++;
}

/** Counts, and passes the message on to the next of its shard, as long as nobody says stop. */
const runner = defineFunction({
  type: 'bench/runner',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, ring: readonly string[] | 'report') {
    if (ring === 'report') {
      ctx.reply(ctx.state.count);
      return;
    }
    ctx.state.count++;
    hopCount++;
    if (!isOver) ctx.send('bench/runner', ring[ctx.state.count % ring.length], ring);
  },
});

const echo = defineFunction({
  type: 'bench/echo',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, question: EchoQuestion | 'report') {
    if (question === 'report') {
      ctx.reply(ctx.state.count);
      return;
    }
    const { number, body } = question;
    if (!isIntact(body)) throw new Error(`Of question ${number} a part is missing.`);
    ctx.state.count++;
    ctx.reply(number);
  },
});

const reporter = defineFunction({
  type: 'bench/reporter',
  invoke(ctx: Context<Record<never, never>, AsyncReport>, message: 'report' | 'stop') {
    if (message === 'stop') isOver = true;
    ctx.reply({ thread: threadId, waitedCount, hopCount });
  },
});

const waiting = searchParams.has('durable') ? [countingWaiter, countingSlow] : [waiter, slow];

export default defineModule({ functions: [...waiting, runner, echo, reporter] });
