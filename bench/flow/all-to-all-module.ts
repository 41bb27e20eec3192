/**
 * All-to-all as a user of Millrace would write it.
 */
import { threadId } from 'node:worker_threads';
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import type { Hop } from './all-to-all-topology.ts';
import { census, reportTo } from './census.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';
import { threadHeap } from './thread-heap.ts';
import { type AllToAllSpec, topologyOf } from './topology.ts';

const { entities } = topologyOf<AllToAllSpec>(import.meta.url);
const draw = new TargetDraw(entityIds(entities), threadId);

const entity = functionType<Hop>('bench/entity');

const countAndPassOn = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, message) {
    if (message.hops < 0) {
      reportTo(ctx, ctx.state.count);
      ctx.state.count = 0;
      return;
    }
    ctx.state.count += 1;
    if (message.hops > 0) ctx.send(entity, draw.next(), { hops: message.hops - 1 });
  },
});

export default defineModule({ functions: [countAndPassOn, census, threadHeap] });
