/**
 * The module of `delayed`: drivers that send messages to random keepers, after a random delay or at once; keepers that
 * count them; and what each thread has seen of how late they were. The module's URL says how many keepers there are, and
 * how long the messages' bodies are, if they have any.
 */
import { threadId } from 'node:worker_threads';
import { type Context, defineFunction, defineModule, value } from '../../src/index.ts';
import { isWhole, makeBody } from './message-body.ts';

/** Lateness in whole milliseconds; what is later counts as this. */
export const LATE_MS_MAX = 10_000;

export interface Burst {
  readonly count: number;
  /** Delays are less than this; 0 sends at once. */
  readonly delayMs: number;
}

export interface ThreadReport {
  readonly thread: number;
  readonly count: number;
  /** How many were so late, by milliseconds. */
  readonly late: Int32Array;
}

interface Letter {
  readonly due: number;
  readonly body?: Uint8Array;
}

const { searchParams } = new URL(import.meta.url);
const keeperCount = Number(searchParams.get('keepers'));
const bytes = Number(searchParams.get('bytes') ?? 0);
const late = new Int32Array(LATE_MS_MAX + 1);
let count = 0;

/** The state that is measured is durable; this is what the measurement itself keeps. */
const keeper = defineFunction({
  type: 'bench/keeper',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, message: 'report' | Letter) {
    if (message === 'report') {
      ctx.reply(ctx.state.count);
      return;
    }
    if (message.body !== undefined && !isWhole(message.body, bytes)) return;
    ctx.state.count++;
    count++;
    late[Math.min(LATE_MS_MAX, Math.max(0, ctx.now() - message.due))]++;
  },
});

const driver = defineFunction<Burst>({
  type: 'bench/driver',
  invoke(ctx, burst) {
    for (let index = 0; index < burst.count; index++) {
      const id = `keeper-${Math.floor(ctx.random() * keeperCount)}`;
      if (burst.delayMs === 0) ctx.send(keeper, id, letter(ctx.now()));
      else {
        const delayMs = Math.floor(ctx.random() * burst.delayMs);
        ctx.sendAfter(delayMs, keeper, id, letter(ctx.now() + delayMs));
      }
    }
  },
});

function letter(due: number): Letter {
  return bytes === 0 ? { due } : { due, body: makeBody(bytes) };
}

const reporter = defineFunction({
  type: 'bench/reporter',
  invoke(ctx: Context<Record<never, never>, ThreadReport>, message: 'report' | 'reset') {
    if (message === 'reset') {
      late.fill(0);
      count = 0;
    }
    ctx.reply({ thread: threadId, count, late });
  },
});

export default defineModule({ functions: [keeper, driver, reporter] });
