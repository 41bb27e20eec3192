/**
 * Sources and sinks as a user of Millrace would write them: see `burst-topology.ts` for what they do.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { type Burst, isBurstWhole, sendBurst } from './burst-topology.ts';
import { census, reportTo } from './census.ts';
import { threadHeap } from './thread-heap.ts';
import { type BurstSpec, topologyOf } from './topology.ts';

const spec = topologyOf<BurstSpec>(import.meta.url);

const entity = functionType<Burst>('bench/entity');

const sourceOrSink = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, message) {
    const { rounds, source, item } = message;
    if (rounds < 0) {
      reportTo(ctx, ctx.state.count);
      ctx.state.count = 0;
      return;
    }
    if (isBurstWhole(spec, message)) ctx.state.count += 1;
    if (item < 0) sendBurst(spec, rounds, source, (id, next) => ctx.send(entity, id, next));
    else if (item === spec.burst - 1) ctx.send(entity, spec.sources[source], { rounds: rounds - 1, source, item: -1 });
  },
});

export default defineModule({ functions: [sourceOrSink, census, threadHeap] });
