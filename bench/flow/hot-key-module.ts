/**
 * Hot keys as a user of Millrace would write them: see `hot-key-topology.ts`.
 */
import { threadId } from 'node:worker_threads';
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import type { Hop } from './all-to-all-topology.ts';
import { census, reportTo } from './census.ts';
import { HotKeyTopology } from './hot-key-topology.ts';
import { threadHeap } from './thread-heap.ts';
import { type HotKeySpec, topologyOf } from './topology.ts';

const topology = new HotKeyTopology(topologyOf<HotKeySpec>(import.meta.url), threadId);

const entity = functionType<Hop>('bench/entity');

const countAndPassOn = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, { hops }) {
    if (hops < 0) {
      reportTo(ctx, ctx.state.count);
      ctx.state.count = 0;
      return;
    }
    ctx.state.count += 1;
    if (hops > 0) ctx.send(entity, topology.nextId(), { hops: hops - 1 });
  },
});

export default defineModule({ functions: [countAndPassOn, census, threadHeap] });
