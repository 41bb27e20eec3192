/**
 * All-to-all once more, with a look at the clock before each message; and somebody on each shard who says what was seen.
 */
import { threadId } from 'node:worker_threads';
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import type { Hop } from './all-to-all-topology.ts';
import { census, reportTo } from './census.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';
import { StallWindows, WINDOW_MS } from './stall-windows.ts';
import { type AllToAllSpec, topologyOf } from './topology.ts';

const entity = functionType<Hop>('bench/entity');
/** Of this thread, and so of this shard. */
const stalls = new StallWindows(WINDOW_MS);
const draw = new TargetDraw(entityIds(topologyOf<AllToAllSpec>(import.meta.url).entities), threadId);

const countAndPassOn = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, message) {
    if (message.hops < 0) {
      reportTo(ctx, ctx.state.count);
      ctx.state.count = 0;
      return;
    }
    stalls.look(performance.now());
    ctx.state.count += 1;
    if (message.hops > 0) ctx.send(entity, draw.next(), { hops: message.hops - 1 });
  },
});

/** Replies the longest stall of each window since it was last asked, in microseconds. */
const witness = defineFunction({
  type: functionType<null, number[]>('bench/stalls'),
  invoke(ctx) {
    ctx.reply(stalls.take());
  },
});

export default defineModule({ functions: [countAndPassOn, witness, census] });
