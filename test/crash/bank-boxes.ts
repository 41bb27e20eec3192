/**
 * Boxes of the bank's archive: each is there for one arrival, in a namespace, and is deleted with what it keeps, a delayed
 * message and a schedule; then it must be as if it had never been. What the archive gets of each must be right, once.
 */
import { type Context, defineFunction, functionType, list, table, value } from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';

/** What the archive is told of a box. */
export interface Boxed {
  readonly boxed: Arrival;
  /** Whether the box has held what it was to hold, and nothing when it was empty. */
  readonly isRight: boolean;
}

type BoxMessage =
  | { readonly do: 'put' | 'take' | 'look'; readonly arrival: Arrival; readonly isRight: boolean }
  /** Never to be heard: it belongs to what was deleted, or is only for who is there. */
  | { readonly do: 'ghost'; readonly arrival: Arrival };

const boxState = {
  kept: value<Arrival>({ version: 2, migrate: { 1: (old) => old as Arrival } }),
  papers: list<string>(),
  copies: table<number>(),
};
type BoxContext = Context<typeof boxState>;

const YEARLY = { cron: '0 0 1 1 *', timeZone: 'Europe/Berlin' };
const archive = functionType<Boxed>('bank/archive');

/** Which box an arrival goes to, first of all. */
export function sendToBox(ctx: Context, arrival: Arrival): void {
  const message: BoxMessage = { do: 'put', arrival, isRight: true };
  ctx.send(`bank.boxes/${arrival.amount % 3}`, `${arrival.to} ${arrival.id}`, message);
}

export const boxFunction = defineFunction({
  type: 'bank.boxes/*',
  state: boxState,
  async invoke(ctx: BoxContext, message: BoxMessage) {
    const { type, id } = ctx.self;
    const { arrival } = message;
    if (message.do === 'put') put(ctx, arrival);
    else if (message.do === 'take') take(ctx, arrival);
    else if (message.do === 'ghost') ctx.send(archive, arrival.to, { boxed: arrival, isRight: false });
    else {
      const isRight = message.isRight && (await isEmpty(ctx));
      ctx.delete();
      ctx.send(type, id, { do: 'ghost', arrival } satisfies BoxMessage, { ifExists: true });
      ctx.send(archive, arrival.to, { boxed: arrival, isRight });
    }
  },
});

function put(ctx: BoxContext, arrival: Arrival): void {
  const { type, id } = ctx.self;
  ctx.state.kept = arrival;
  for (const paper of [arrival.from, arrival.to]) ctx.state.papers.append(paper);
  ctx.state.copies.set(arrival.id, arrival.amount);
  const ghost: BoxMessage = { do: 'ghost', arrival };
  ctx.sendAfter('1 hour', type, id, ghost, { token: 'hour' });
  ctx.schedule(YEARLY, type, id, ghost, { token: 'year' });
  ctx.send(type, id, { do: 'take', arrival, isRight: true } satisfies BoxMessage);
}

function take(ctx: BoxContext, arrival: Arrival): void {
  const { type, id } = ctx.self;
  const { kept, papers, copies } = ctx.state;
  const isRight = kept?.id === arrival.id && papers.length === 2 && copies.get(arrival.id) === arrival.amount;
  ctx.delete();
  ctx.send(type, id, { do: 'look', arrival, isRight } satisfies BoxMessage);
}

/** The names of what was deleted with it are free again. */
async function isEmpty(ctx: BoxContext): Promise<boolean> {
  const { kept, papers, copies } = ctx.state;
  let isGone = kept === undefined && papers.length === 0;
  for await (const _ of copies.keys()) isGone = false;
  return isGone && (await ctx.timers()).length === 0 && !ctx.cancel('hour') && !ctx.cancel('year');
}
