/**
 * All-to-all once more, with a look at the clock before each message; and somebody on each shard who says what was seen.
 *
 * While stalls are watched, each shard also has a message that is sent again and again within it. So there is always one
 * that waits, and a gap is a stall: without it a shard that has no messages, because another one was not on a core, goes
 * through turns without any, and would look as if it had stood still.
 */
import { threadId } from 'node:worker_threads';
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { CoreWait } from '../harness/core-wait.ts';
import type { Hop } from './all-to-all-topology.ts';
import { census, reportTo } from './census.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';
import type { Parcel } from './large-topology.ts';
import { isWhole } from './message-body.ts';
import { type Stalls, StallWindows, WINDOW_MS } from './stall-windows.ts';
import { watchDurable } from './durable-watch.ts';
import { type AllToAllSpec, type LargeSpec, topologyOf } from './topology.ts';

const spec = topologyOf<AllToAllSpec | LargeSpec>(import.meta.url);
const bytes = spec.kind === 'large' ? spec.bytes : 0;
const entity = functionType<Hop | Parcel>('bench/entity');
const pulse = functionType<null>('bench/pulse');
/** Of this thread, and so of this shard. */
const coreWait = new CoreWait();
const stalls = new StallWindows(WINDOW_MS, () => coreWait.waitedMs());
watchDurable(
  () => performance.now(),
  () => coreWait.waitedMs(),
  (ms) => stalls.checkpointWork(ms),
);
let isWatched = false;
const draw = new TargetDraw(entityIds(spec.entities), threadId);

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
    const hops = message.hops - 1;
    if ('body' in message) {
      if (isWhole(message.body, bytes)) ctx.state.count += 1;
      if (hops >= 0) ctx.send(entity, draw.next(), { hops, body: message.body });
      return;
    }
    ctx.state.count += 1;
    if (hops >= 0) ctx.send(entity, draw.next(), { hops });
  },
});

const beat = defineFunction({
  type: pulse,
  invoke(ctx) {
    stalls.look(performance.now());
    if (isWatched) ctx.send(pulse, ctx.self.id, null);
  },
});

/** Replies the longest stalls of each window since it was last asked, and is told whether it will be asked again. */
const witness = defineFunction({
  type: functionType<{ goesOn: boolean }, Stalls>('bench/stalls'),
  invoke(ctx, { goesOn }) {
    if (goesOn && !isWatched) ctx.send(pulse, ctx.self.id, null);
    isWatched = goesOn;
    ctx.reply(stalls.take());
  },
});

export default defineModule({ functions: [countAndPassOn, beat, witness, census] });
