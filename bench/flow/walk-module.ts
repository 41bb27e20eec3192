/**
 * Walks as a user of Millrace would write them: see `walk.ts`. Ids are made on the fly, since a list of ten million
 * strings in each thread would be more memory than the state is allowed.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';
import { isWhole } from './message-body.ts';
import { CENSUS, ECHO, entityOfDraw, nextDraw, STEP, UNKNOWN, type Walk, walkId } from './walk.ts';

const { searchParams } = new URL(import.meta.url);
const entities = Number(searchParams.get('entities'));
const bytes = Number(searchParams.get('bytes') ?? 0);

const entity = functionType<Walk, number>('bench/entity');

const visit = defineFunction({
  type: entity,
  state: { count: value<number>() },
  invoke(ctx, { x, left, kind, body }) {
    const { state } = ctx;
    if (kind === STEP) {
      if (body === undefined || isWhole(body, bytes)) state.count = (state.count ?? 0) + 1;
      if (left === 0) return;
      const next = nextDraw(x);
      const id = walkId(entityOfDraw(next, entities));
      if (body === undefined) ctx.send(entity, id, { x: next, left: left - 1, kind });
      else ctx.send(entity, id, { x: next, left: left - 1, kind, body });
    } else if (kind === CENSUS) {
      reportTo(ctx, state.count ?? 0);
    } else if (kind === ECHO) {
      ctx.reply(state.count ?? UNKNOWN);
    } else {
      state.count = x;
      if (x + kind < left) ctx.send(entity, walkId(x + kind), { x: x + kind, left, kind });
    }
  },
});

export default defineModule({ functions: [visit, census] });
