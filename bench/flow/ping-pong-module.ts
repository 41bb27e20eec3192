/**
 * Ping and pong as functions. Whoever asks ping for a rally gets its result as the reply, when the last ball is back. The
 * module's URL says how long the balls' bodies are, if they have any.
 */
import { type Address, defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { isWhole, makeBody } from './message-body.ts';
import { Rally, type RallyResult } from './rally.ts';

/** What starts a rally, and what pong returns. */
export interface Ball {
  readonly left: number;
  readonly pongId: string;
  /** How many balls pong has returned in this rally; absent in the request. */
  readonly returnedCount?: number;
  readonly body?: Uint8Array;
}

/** What ping serves. */
interface Served {
  readonly left: number;
  readonly first: boolean;
  readonly body?: Uint8Array;
}

/** Makes pong say how many it has returned. */
export type Report = 'report';

const bytes = Number(new URL(import.meta.url).searchParams.get('bytes') ?? 0);

/** Lives in the one thread that runs ping. */
const rally = new Rally();

const ping = functionType<Ball, RallyResult>('bench/ping');
const pong = functionType<Served | Report>('bench/pong');

const serve = defineFunction({
  type: ping,
  state: { asker: value<Address>() },
  invoke(ctx, { left, pongId, returnedCount, body }) {
    const first = returnedCount === undefined;
    if (first) {
      if (ctx.caller !== undefined) ctx.state.asker = ctx.caller;
      rally.begin();
    } else {
      rally.returned();
    }
    const { asker } = ctx.state;
    if (left > 0) {
      rally.serve();
      if (bytes === 0) ctx.send(pong, pongId, { left: left - 1, first });
      else ctx.send(pong, pongId, { left: left - 1, first, body: body ?? makeBody(bytes) });
    } else if (asker !== undefined) {
      ctx.send(asker.type, asker.id, rally.result(returnedCount ?? 0));
    }
  },
});

const giveBack = defineFunction({
  type: pong,
  state: { returnedCount: value({ initial: 0 }) },
  invoke(ctx, served) {
    if (served === 'report') {
      ctx.reply(ctx.state.returnedCount);
      return;
    }
    const { left, first, body } = served;
    const countBefore = first ? 0 : ctx.state.returnedCount;
    const returnedCount = body === undefined || isWhole(body, bytes) ? countBefore + 1 : countBefore;
    ctx.state.returnedCount = returnedCount;
    const pongId = ctx.self.id;
    ctx.reply(body === undefined ? { left, pongId, returnedCount } : { left, pongId, returnedCount, body });
  },
});

export default defineModule({ functions: [serve, giveBack] });
