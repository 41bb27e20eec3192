/**
 * What `idle` runs: an entity that counts, and when it is told to, sends itself a message for tomorrow.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';

export type Order = 'begin' | 'arrived' | 'report';

const TOMORROW_MS = 86_400_000;

const entity = functionType<Order>('bench/entity');

const waiting = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, order) {
    if (order === 'report') {
      reportTo(ctx, ctx.state.count);
      return;
    }
    ctx.state.count += 1;
    if (order === 'begin') ctx.sendAfter(TOMORROW_MS, ctx.self.type, ctx.self.id, 'arrived');
  },
});

export default defineModule({ functions: [waiting, census] });
