/**
 * A module for tests of durability: everything that a function can have under way when a process or a thread dies. What
 * must happen once, however often an invocation runs, shows in state and records; what must happen a given number of
 * times and no more, such as dying, is counted in a file, which no crash takes back.
 */
import { appendFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { defineEgress, defineFunction, defineModule, value } from '../../src/index.ts';

/** Names a file that keeps this module from loading in workers, once for each time that it is found. */
export const BREAK_VARIABLE = 'DURABILITY_BREAK';
/** Set in a process whose slow invocations never end. */
export const HANG_VARIABLE = 'DURABILITY_HANG';

const breaking = process.env[BREAK_VARIABLE];
if (!isMainThread && breaking !== undefined && existsSync(breaking)) {
  rmSync(breaking, { force: true });
  throw new Error('this module does not load just now');
}

const MANNERS = {
  exit: () => process.exit(3),
  /** By then its invocation must still be under way, or its message may be committed. */
  throw: () => {
    setTimeout(() => {
      throw new Error('nobody caught this');
    }, 0);
    return new Promise<void>(() => {});
  },
  'fill the heap': () => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array<number>(1 << 18).fill(kept.length));
  },
  loop: () => {
    for (;;);
  },
  'reject behind an await': async () => {
    await sleep(20);
    void Promise.reject(new Error('nobody caught this'));
    await new Promise(() => {});
  },
  'loop behind an await': async () => {
    await sleep(5);
    for (;;);
  },
};

export type Manner = keyof typeof MANNERS;

/** How long a token goes round that a process is killed over. */
export const CIRCLE_HOP_COUNT = 500_000;

export interface Line {
  readonly id: string;
  readonly total: number;
}

export const lines = defineEgress<Line>({ type: 'durable/lines' });

/** Adds up, says so, and passes on. */
export const counter = defineFunction({
  type: 'durable/counter',
  state: { total: value({ initial: 0 }) },
  invoke(ctx, message: { readonly add: number; readonly to?: string; readonly isSilent?: boolean }) {
    ctx.state.total += message.add;
    if (message.to !== undefined) ctx.send('durable/counter', message.to, { add: message.add });
    if (message.add !== 0 && message.isSilent !== true) ctx.egress(lines, { id: ctx.self.id, total: ctx.state.total });
    if (ctx.caller?.type === 'millrace/asker') ctx.reply(ctx.state.total);
  },
});

/** Goes round in a circle of ids and is counted at each. */
export const token = defineFunction({
  type: 'durable/token',
  state: { seenCount: value({ initial: 0 }) },
  invoke(ctx, message: { readonly hopCount: number; readonly circle: number } | 'seen?') {
    if (message === 'seen?') return ctx.reply(ctx.state.seenCount);
    ctx.state.seenCount++;
    const { hopCount, circle } = message;
    if (hopCount > 1)
      ctx.send('durable/token', String((Number(ctx.self.id) + 1) % circle), { hopCount: hopCount - 1, circle });
  },
});

/** Keeps what it is given, in order, each a while later. */
export const slow = defineFunction({
  type: 'durable/slow',
  state: { kept: value<readonly number[]>({ initial: [] }) },
  async invoke(ctx, message: { readonly keep: number; readonly ms: number } | 'kept?') {
    if (message === 'kept?') return ctx.reply(ctx.state.kept);
    if (process.env[HANG_VARIABLE] !== undefined) await new Promise(() => {});
    await sleep(message.ms);
    ctx.state.kept = [...ctx.state.kept, message.keep];
  },
});

/** Ends its thread as often as it is told, and lives after that. */
export const victim = defineFunction({
  type: 'durable/victim',
  state: { survivedCount: value({ initial: 0 }) },
  invoke(
    ctx,
    message: { readonly manner: Manner; readonly times: number; readonly file: string } | 'survived?',
  ): void | Promise<void> {
    if (message === 'survived?') return ctx.reply(ctx.state.survivedCount);
    ctx.state.survivedCount++;
    const diedCount = existsSync(message.file) ? statSync(message.file).size : 0;
    if (diedCount >= message.times) return;
    appendFileSync(message.file, 'x');
    return MANNERS[message.manner]();
  },
});

/** Keeps whatever it is given. */
export const store = defineFunction({
  type: 'durable/store',
  state: { kept: value<string>(), version: value({ initial: 0 }) },
  invoke(ctx, message: { readonly keep: string } | 'version?') {
    if (message === 'version?') return ctx.reply(ctx.state.version);
    ctx.state.kept = message.keep;
    ctx.state.version++;
  },
});

export default defineModule({ functions: [counter, token, slow, victim, store], egresses: [lines] });
