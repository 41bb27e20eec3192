/**
 * How an engine's counts are added up outside the measured part: every entity is sent a message that makes it report its
 * count to one entity, and start over at 0; that one is asked for the sum.
 */
import { type Context, defineFunction, value, type ValueSpec } from '../../src/index.ts';

/** A count to add, or, when negative, the question for the sum. */
export interface Report {
  readonly count: number;
}

export const CENSUS_ID = 'all';
export const ASK_SUM: Report = { count: -1 };

/** Answers the sum of what was reported since it was last asked. */
export const census = defineFunction({
  type: 'bench/census',
  state: { sum: value({ initial: 0 }) },
  invoke(ctx: Context<{ sum: ValueSpec<number> }, number>, message: Report) {
    if (message.count >= 0) {
      ctx.state.sum += message.count;
      return;
    }
    ctx.reply(ctx.state.sum);
    ctx.state.sum = 0;
  },
});

export function reportTo(ctx: Context, count: number): void {
  ctx.send(census, CENSUS_ID, { count });
}
