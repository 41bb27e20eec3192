/**
 * Messages with a body as a user of Millrace would write them: see `large-topology.ts`.
 */
import { threadId } from 'node:worker_threads';
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';
import { entityIds } from './entity-ids.ts';
import { type Parcel, parcelTargets } from './large-topology.ts';
import { isWhole } from './message-body.ts';
import { threadHeap } from './thread-heap.ts';
import { type LargeSpec, topologyOf } from './topology.ts';

const spec = topologyOf<LargeSpec>(import.meta.url);
const next = parcelTargets(spec, entityIds(spec.entities), threadId);

const entity = functionType<Parcel>('bench/entity');

const countAndPassOn = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, { hops, body }) {
    if (hops < 0) {
      reportTo(ctx, ctx.state.count);
      ctx.state.count = 0;
      return;
    }
    if (isWhole(body, spec.bytes)) ctx.state.count += 1;
    if (hops > 0) ctx.send(entity, next(), { hops: hops - 1, body });
  },
});

export default defineModule({ functions: [countAndPassOn, census, threadHeap] });
