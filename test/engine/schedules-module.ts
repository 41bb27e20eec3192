/**
 * A module for tests of schedules on real threads: bells that ring each second, one for each policy for what is late, and
 * write down every ring. Whoever is told of a ring knows that it is committed.
 */
import {
  defineEgress,
  defineFunction,
  defineModule,
  type LatePolicy,
  type MissedTimes,
  value,
} from '../../src/index.ts';

/** All times are in milliseconds since 1970. */
export interface Ring {
  readonly at: number;
  readonly missed: MissedTimes | undefined;
}

export interface Book {
  /** Between which moments the bell was set, and for when. */
  readonly set: { readonly from: number; readonly to: number; readonly first: number };
  readonly rings: readonly Ring[];
}

export const POLICIES: readonly LatePolicy[] = ['all', 'latest', 'skip'];
export const TOLERANCE_MS = 500;

/** How often a bell has rung by then. */
export interface Told {
  readonly policy: string;
  readonly count: number;
}

export const told = defineEgress<Told>({ type: 'schedules/told' });

const EACH_SECOND = { cron: '* * * * * *', timeZone: 'Europe/Berlin' };
const NEVER_SET: Book = { set: { from: 0, to: 0, first: 0 }, rings: [] };

/** A bell is called as its policy. */
export const bell = defineFunction({
  type: 'schedules/bell',
  state: { book: value<Book>({ initial: NEVER_SET }) },
  async invoke(ctx, message: 'set' | 'ring' | 'stop' | 'book?') {
    const { state, self } = ctx;
    if (message === 'book?') return ctx.reply(state.book);
    if (message === 'ring') {
      state.book = { ...state.book, rings: [...state.book.rings, { at: ctx.now(), missed: ctx.missed }] };
      return ctx.egress(told, { policy: self.id, count: state.book.rings.length });
    }
    if (message === 'set') {
      const from = ctx.now();
      const options = { token: 'ring', late: self.id as LatePolicy, tolerance: TOLERANCE_MS };
      ctx.schedule(EACH_SECOND, bell.type, self.id, 'ring', options);
      const to = ctx.now();
      const [{ due: first }] = await ctx.timers();
      state.book = { ...state.book, set: { from, to, first } };
      return;
    }
    // When it would have rung next.
    const [next] = await ctx.timers();
    ctx.reply(ctx.cancel('ring') ? next?.due : undefined);
  },
});

export default defineModule({ functions: [bell], egresses: [told] });
