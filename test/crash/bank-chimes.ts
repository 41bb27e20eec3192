/**
 * Chimes that ring each second, one for each policy for what is late; their id is the policy. Every time of theirs must
 * ring once or be told of, whoever was killed between two of them.
 */
import {
  type Context,
  defineFunction,
  type FunctionType,
  functionType,
  type LatePolicy,
  value,
} from '../../src/index.ts';

export const LATE_POLICIES: readonly LatePolicy[] = ['all', 'latest', 'skip'];
const EACH_SECOND = { cron: '* * * * * *', timeZone: 'Europe/Berlin' };
const SECOND_MS = 1_000;
const TOLERANCE_MS = 100;

export const chimes: FunctionType<'begin' | 'end' | 'faults', number> = functionType('bank/chimes');
/** How many times have rung, and how many were told of instead. */
export const chimeCounts: FunctionType<'met', readonly [rung: number, missed: number]> = functionType('bank/chimes');

const state = {
  /** The time behind all those that have rung or were told of. */
  next: value({ initial: 0 }),
  rungCount: value({ initial: 0 }),
  missedCount: value({ initial: 0 }),
  faultCount: value({ initial: 0 }),
  /** Which one was to be the next when they were ended. */
  endedFor: value({ initial: 0 }),
};
type ChimesContext = Context<typeof state>;

export const chimesFunction = defineFunction({
  type: 'bank/chimes',
  state,
  invoke(ctx: ChimesContext, message: 'begin' | 'ring' | 'end' | 'faults' | 'met') {
    if (message === 'begin') return begin(ctx);
    if (message === 'ring') return ring(ctx);
    if (message === 'end') return end(ctx);
    return ctx.reply(message === 'met' ? [ctx.state.rungCount, ctx.state.missedCount] : faultCountOf(ctx));
  },
});

async function begin(ctx: ChimesContext): Promise<void> {
  const { type, id } = ctx.self;
  const options = { token: 'ring', late: id as LatePolicy, tolerance: TOLERANCE_MS };
  ctx.schedule(EACH_SECOND, type, id, 'ring', options);
  const [pending] = await ctx.timers();
  ctx.state.next = pending?.due ?? 0;
}

function ring(ctx: ChimesContext): void {
  const { state, self, missed } = ctx;
  const { next } = state;
  const { since, before } = missed ?? { since: next, before: next };
  const mayMiss = missed === undefined || (self.id !== 'all' && before > since);
  if (!mayMiss || since !== next || before % SECOND_MS !== 0 || before > ctx.now()) state.faultCount++;
  state.missedCount += (before - next) / SECOND_MS;
  state.rungCount++;
  state.next = before + SECOND_MS;
}

async function end(ctx: ChimesContext): Promise<void> {
  const [pending] = await ctx.timers();
  if (ctx.cancel('ring')) ctx.state.endedFor = pending?.due ?? 0;
}

function faultCountOf({ state, self }: ChimesContext): number {
  const { next, endedFor, faultCount } = state;
  // What it has skipped since, it would have told with the next one.
  const isRight = self.id === 'skip' ? endedFor >= next : endedFor === next;
  return faultCount + (isRight ? 0 : 1);
}
