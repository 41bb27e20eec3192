/**
 * A clerk whose papers and whose book have a schema. Each arrival is handed in wrongly first, and written down wrongly
 * first; both must be refused with a code, and the book must be as it was before. Some wrong ones are not caught: they
 * are dead letters until the bank is healed.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Context,
  defineFunction,
  type FunctionType,
  functionType,
  MillraceError,
  type StandardSchema,
  value,
} from '../../src/index.ts';
import type { Arrival } from './bank-module.ts';
import { isHealed, NOTHING_DONE, type OfficeState, withOne } from './bank-office.ts';

interface Paper extends Arrival {
  /** With which code it was refused when it was wrong. */
  readonly refusal: string | undefined;
}

const CARELESS_AMOUNT = 47;

export const clerk: FunctionType<Paper | 'state', OfficeState> = functionType('bank/clerk');

function schema<Value>(isRight: (value: Value) => boolean): StandardSchema<Value> {
  return {
    '~standard': {
      version: 1,
      vendor: 'bank',
      validate: (found) => (isRight(found as Value) ? { value: found as Value } : { issues: [{ message: 'wrong' }] }),
    },
  };
}

const papers = schema<Paper | 'state'>((paper) => paper === 'state' || paper.amount >= 0);
const books = schema<OfficeState>(({ sum, count, faultCount }) => sum >= 0 && count >= 0 && faultCount >= 0);

export function handToClerk(ctx: Pick<Context, 'send' | 'self'>, arrival: Arrival): void {
  const { id } = ctx.self;
  const refusal = codeOf(() => ctx.send(clerk, id, { ...arrival, amount: -1, refusal: undefined }));
  ctx.send(clerk, id, { ...arrival, refusal });
}

export const clerkFunction = defineFunction({
  type: clerk,
  messages: papers,
  state: { done: value({ schema: books, initial: NOTHING_DONE }) },
  invoke(ctx, message) {
    const { state } = ctx;
    const before = state.done;
    if (message === 'state') return ctx.reply(before);
    const write = (): void => {
      state.done = { ...before, count: before.count + 1, sum: -1 };
    };
    if (message.amount === CARELESS_AMOUNT && !isHealed) write();
    const isRefused = codeOf(write) === 'STATE_INVALID' && message.refusal === 'MESSAGE_INVALID';
    state.done = withOne(before, message, isRefused && isDeepStrictEqual(state.done, before));
  },
});

/** Of what it throws. */
function codeOf(act: () => void): string | undefined {
  try {
    act();
  } catch (error) {
    return error instanceof MillraceError ? error.code : 'none';
  }
  return undefined;
}
