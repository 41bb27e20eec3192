/** One function that keeps something in every kind of state, for data that other versions of the software read. */
import { defineFunction, defineModule, list, table, value } from '../../../src/index.ts';

export interface Kept {
  readonly number: number;
  readonly texts: readonly string[];
  readonly nested: { readonly when: Date; readonly bytes: Uint8Array };
}

export type Deed = { readonly keep: Kept } | 'fail' | 'look';

export const keeper = defineFunction({
  type: 'format/keeper',
  state: {
    kept: value<Kept>(),
    count: value({ initial: 0 }),
    session: value<string>({ expire: { after: '36500 days' } }),
    entries: table<Kept | string>(),
    log: list<number | string>(),
  },
  async invoke(ctx, deed: Deed) {
    if (deed === 'fail') throw new Error('this one never works');
    const { state } = ctx;
    if (deed !== 'look') {
      state.kept = deed.keep;
      state.count += 1;
      state.session = `session of ${ctx.self.id}`;
      state.entries.set('object', deed.keep);
      state.entries.set('text', 'ä text');
      state.log.appendAll([1, 'two', 3]);
      ctx.sendAfter('36500 days', 'format/keeper', ctx.self.id, 'look', { token: `of ${ctx.self.id}` });
      return;
    }
    const entries: (readonly [string, unknown])[] = [];
    for await (const entry of state.entries.entries()) entries.push(entry);
    const timers = (await ctx.timers()).map(({ token }) => token);
    const { kept, count, session } = state;
    ctx.reply({ kept, count, session, entries, log: [...state.log.view()], timers });
  },
});

export default defineModule({ functions: [keeper] });
