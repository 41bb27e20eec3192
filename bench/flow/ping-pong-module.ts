/**
 * Ping and pong as functions. Whoever asks ping for a rally gets its result as the reply, when the last ball is back.
 */
import { type Address, defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { Rally, type RallyResult } from './rally.ts';

/** What starts a rally, and what pong returns. */
export interface Ball {
  readonly left: number;
  readonly pongId: string;
  /** How many balls pong has returned in this rally; absent in the request. */
  readonly returnedCount?: number;
}

/** Lives in the one thread that runs ping. */
const rally = new Rally();

const ping = functionType<Ball, RallyResult>('bench/ping');
const pong = functionType<{ left: number; first: boolean }>('bench/pong');

const serve = defineFunction({
  type: ping,
  state: { asker: value<Address>() },
  invoke(ctx, { left, pongId, returnedCount }) {
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
      ctx.send(pong, pongId, { left: left - 1, first });
    } else if (asker !== undefined) {
      ctx.send(asker.type, asker.id, rally.result(returnedCount ?? 0));
    }
  },
});

const giveBack = defineFunction({
  type: pong,
  state: { returnedCount: value({ initial: 0 }) },
  invoke(ctx, { left, first }) {
    ctx.state.returnedCount = first ? 1 : ctx.state.returnedCount + 1;
    ctx.reply({ left, pongId: ctx.self.id, returnedCount: ctx.state.returnedCount });
  },
});

export default defineModule({ functions: [serve, giveBack] });
