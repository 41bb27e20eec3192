/**
 * Walks whose messages have a body that entities keep: the entity holds the body of the last walk that came by, beside its
 * number. For state that is large because each piece of it is.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';
import { isWhole, makeBody } from './message-body.ts';
import { CENSUS, ECHO, entityOfDraw, nextDraw, STEP, UNKNOWN, type Walk, walkId } from './walk.ts';

const { searchParams } = new URL(import.meta.url);
const entities = Number(searchParams.get('entities'));
const bytes = Number(searchParams.get('bytes'));

const entity = functionType<Walk, number>('bench/entity');

const visit = defineFunction({
  type: entity,
  state: { body: value<Uint8Array>(), count: value<number>() },
  invoke(ctx, { x, left, kind, body }) {
    const { state } = ctx;
    if (kind === STEP) {
      if (body === undefined || !isWhole(body, bytes)) throw new Error(`${ctx.self.id} got less than ${bytes} bytes.`);
      state.count = (state.count ?? 0) + 1;
      state.body = body;
      if (left === 0) return;
      const next = nextDraw(x);
      ctx.send(entity, walkId(entityOfDraw(next, entities)), { x: next, left: left - 1, kind, body });
    } else if (kind === CENSUS) {
      reportTo(ctx, state.body !== undefined && isWhole(state.body, bytes) ? (state.count ?? 0) : 0);
    } else if (kind === ECHO) {
      ctx.reply(state.count ?? UNKNOWN);
    } else {
      state.count = x;
      state.body = makeBody(bytes);
      if (x + kind < left) ctx.send(entity, walkId(x + kind), { x: x + kind, left, kind });
    }
  },
});

export default defineModule({ functions: [visit, census] });
