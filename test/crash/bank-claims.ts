/**
 * Claims that cannot be handled as they come: each becomes a dead letter, once, which the process then mends or drops.
 * A register counts these letters, so one that was lost, sent again before it was mended, or dropped and sent as well,
 * is seen in the end. It never mends what it has mended before: an edit outlives a crash.
 */
import {
  type DeadLetters,
  defineFunction,
  type FunctionType,
  functionType,
  type QuarantineEvent,
  value,
} from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';
import { NOTHING_DONE, type OfficeState, withOne } from './bank-office.ts';

interface Claim extends Arrival {
  /** Which dead letter it was when it was mended. */
  readonly mended?: string;
}

export const UNCLEAR = 'unclear until it is mended';
export const HOPELESS = 'not to be sent again';

export const claims: FunctionType<Claim | 'state', OfficeState> = functionType('bank/claims');
export const register: FunctionType<QuarantineEvent | 'state', OfficeState> = functionType('bank/register');

/** Whether a claim is to be dropped. */
export const isHopeless = (amount: number): boolean => amount % 32 === 19;

const state = { done: value<OfficeState>({ initial: NOTHING_DONE }) };

export const claimsFunction = defineFunction({
  type: claims,
  state,
  invoke(ctx, message) {
    if (message === 'state') return ctx.reply(ctx.state.done);
    if (isHopeless(message.amount)) throw new Error(HOPELESS);
    if (message.mended === undefined) throw new Error(UNCLEAR);
    ctx.state.done = withOne(ctx.state.done, message);
  },
});

/** Hears of all that fails in the bank, at the id of the account. */
export const registerFunction = defineFunction({
  type: register,
  state,
  invoke(ctx, message) {
    const { done } = ctx.state;
    if (message === 'state') return ctx.reply(done);
    if (message.address.type === claims.type) ctx.state.done = { ...done, count: done.count + 1 };
  },
});

/** Called with how many were treated so, when that is committed. */
type Mended = (deed: 'edited' | 'redriven' | 'dropped', count: number) => void;

export async function mendClaims(letters: DeadLetters, mended: Mended): Promise<void> {
  await Promise.all([editAndRedrive(letters, mended), drop(letters, mended)]);
}

async function editAndRedrive(letters: DeadLetters, mended: Mended): Promise<void> {
  const which = { type: claims.type, error: UNCLEAR };
  const ids: string[] = [];
  const { count } = await letters.edit(which, ({ id, message }) => {
    ids.push(id);
    const claim = message as Claim;
    return claim.mended === undefined ? { ...claim, mended: id } : undefined;
  });
  mended('edited', count);
  mended('redriven', (await letters.redrive(ids)).count);
}

async function drop(letters: DeadLetters, mended: Mended): Promise<void> {
  mended('dropped', (await letters.drop({ type: claims.type, error: HOPELESS })).count);
}
