/**
 * The function that `ask-committed` asks: it counts, and tells how far it is.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';

export interface CountOrder {
  readonly kind: 'add' | 'report';
}

const counter = defineFunction({
  type: functionType<CountOrder>('bench/entity'),
  state: { count: value({ initial: 0 }) },
  invoke(ctx, { kind }) {
    if (kind === 'report') {
      reportTo(ctx, ctx.state.count);
      return;
    }
    ctx.state.count += 1;
    ctx.reply(ctx.state.count);
  },
});

export default defineModule({ functions: [counter, census] });
