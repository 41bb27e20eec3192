// The module that every thread of the consumer's engine loads.
import { defineEgress, defineFunction, defineModule, value } from 'millrace';

export const totals = defineEgress({ type: 'consumer/totals' });

export const counter = defineFunction({
  type: 'consumer/counter',
  state: { total: value({ initial: 0 }) },
  invoke(ctx, { add }) {
    ctx.state.total += add;
    if (ctx.caller === undefined) ctx.egress(totals, ctx.state.total);
    else ctx.reply(ctx.state.total);
  },
});

export default defineModule({ functions: [counter], egresses: [totals] });
