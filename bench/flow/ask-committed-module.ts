/**
 * The function that `ask-committed` asks: it counts, and tells how far it is. The module's URL says how long the bodies of
 * its orders are, if they have any; what has not come whole is not counted.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';
import { isWhole } from './message-body.ts';

export interface CountOrder {
  readonly kind: 'add' | 'report';
  readonly body?: Uint8Array;
}

const bytes = Number(new URL(import.meta.url).searchParams.get('bytes') ?? 0);

const counter = defineFunction({
  type: functionType<CountOrder>('bench/entity'),
  state: { count: value({ initial: 0 }) },
  invoke(ctx, { kind, body }) {
    if (kind === 'report') {
      reportTo(ctx, ctx.state.count);
      return;
    }
    if (body === undefined ? bytes === 0 : isWhole(body, bytes)) ctx.state.count += 1;
    ctx.reply(ctx.state.count);
  },
});

export default defineModule({ functions: [counter, census] });
