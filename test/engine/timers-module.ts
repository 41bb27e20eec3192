/**
 * A module for tests of delayed messages on real threads: keepers that set alarms and say in an answer which have come,
 * and how late; a beat that sets itself again and again.
 */
import { type Context, defineFunction, defineModule, value, type ValueSpec } from '../../src/index.ts';

interface Alarms {
  readonly delay: number;
  readonly numbers: readonly number[];
}

export type KeeperMessage =
  | ({ readonly do: 'set'; readonly token?: string; readonly later?: Alarms } & Alarms)
  | { readonly do: 'ring'; readonly number: number; readonly due: number }
  | { readonly do: 'cancel'; readonly token: string }
  | { readonly do: 'rung?' | 'pending?' | 'worst?' };

type KeeperState = {
  readonly rung: ValueSpec<readonly number[]>;
  readonly worstMs: ValueSpec<number>;
  readonly earlyCount: ValueSpec<number>;
};

function set(ctx: Context<KeeperState>, { delay, numbers }: Alarms, token?: string): void {
  for (const number of numbers) {
    const ring = { do: 'ring', number, due: ctx.now() + delay };
    ctx.sendAfter(delay, 'timers/keeper', ctx.self.id, ring, { token });
  }
}

function keep(ctx: Context<KeeperState>, message: KeeperMessage): void | Promise<void> {
  const { state } = ctx;
  switch (message.do) {
    case 'set':
      // The later ones first, so that it is not the order of setting that counts.
      if (message.later !== undefined) set(ctx, message.later);
      return set(ctx, message, message.token);
    case 'ring': {
      const lateMs = ctx.now() - message.due;
      if (lateMs < 0) state.earlyCount++;
      state.rung = [...state.rung, message.number];
      state.worstMs = Math.max(state.worstMs, lateMs);
      return;
    }
    case 'cancel':
      return ctx.reply(ctx.cancel(message.token));
    case 'rung?':
      return ctx.reply(state.rung);
    case 'worst?':
      return ctx.reply([state.worstMs, state.earlyCount]);
    case 'pending?':
      return ctx.timers().then((timers) => ctx.reply(timers));
  }
}

export const keeper = defineFunction({
  type: 'timers/keeper',
  state: {
    rung: value<readonly number[]>({ initial: [] }),
    worstMs: value({ initial: 0 }),
    earlyCount: value({ initial: 0 }),
  },
  invoke: (ctx: Context<KeeperState>, message: KeeperMessage) => keep(ctx, message),
});

/** Each beat is counted and sets the next one, and a pair of alarms of which one cancels the other. */
export const beat = defineFunction({
  type: 'timers/beat',
  state: { beats: value({ initial: 0 }), cancelled: value({ initial: 0 }), wrong: value({ initial: 0 }) },
  invoke(ctx, message: number | 'counts?' | 'wrong') {
    if (message === 'counts?') return ctx.reply([ctx.state.beats, ctx.state.cancelled, ctx.state.wrong]);
    if (message === 'wrong') {
      ctx.state.wrong++;
      return;
    }
    if (message !== ctx.state.beats) ctx.state.wrong++;
    if (ctx.state.beats > 0) {
      if (ctx.cancel('never')) ctx.state.cancelled++;
      else ctx.state.wrong++;
    }
    ctx.state.beats++;
    ctx.sendAfter(message % 7, beat.type, ctx.self.id, ctx.state.beats, { token: 'beat' });
    ctx.sendAfter('10 days', beat.type, ctx.self.id, 'wrong', { token: 'never' });
  },
});

export default defineModule({ functions: [keeper, beat] });
