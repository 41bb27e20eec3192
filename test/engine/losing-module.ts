/** A module of which a later version has lost one of its functions. */
import { defineEgress, defineFunction, defineModule, type QuarantineEvent, value } from '../../src/index.ts';

export const events = defineEgress<QuarantineEvent>({ type: 'losing/events' });

export const relay = defineFunction({
  type: 'losing/relay',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, message: { readonly number: number } | 'count?') {
    if (message === 'count?') return ctx.reply(ctx.state.count);
    ctx.state.count++;
    ctx.send('losing/target', 'Kim', message);
  },
});

const target = defineFunction({ type: 'losing/target', invoke: () => new Promise<void>(() => {}) });

export default defineModule({ functions: [target, relay], egresses: [events] });
