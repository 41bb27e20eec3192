/**
 * Large messages as a user of Millrace would write them: see `large-topology.ts`.
 */
import { threadId } from 'node:worker_threads';
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';
import type { Parcel } from './large-topology.ts';
import { type LargeSpec, topologyOf } from './topology.ts';

const { entities, bytes } = topologyOf<LargeSpec>(import.meta.url);
const draw = new TargetDraw(entityIds(entities), threadId);
const lastByte = ((bytes - 1) * 37) & 0xff;

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
    // A body that lost a part, or came back altered, does not count.
    if (body.length === bytes && body.at(-1) === lastByte) ctx.state.count += 1;
    if (hops > 0) ctx.send(entity, draw.next(), { hops: hops - 1, body });
  },
});

export default defineModule({ functions: [countAndPassOn, census] });
