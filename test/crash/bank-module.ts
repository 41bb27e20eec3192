/**
 * The bank that is killed over and over: a transfer leaves one account, is reviewed by somebody slow, and comes to
 * another, which says so. So it has state of every kind, messages in flight between shards, invocations under way,
 * delayed messages, those that are cancelled, and records; and offices for what else there is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  type FunctionType,
  functionType,
  list,
  table,
  value,
} from '../../src/index.ts';
import { NURSE } from '../smoke/tree-functions.ts';
import { boxFunction } from './bank-boxes.ts';
import { chimesFunction } from './bank-chimes.ts';
import { claimsFunction, registerFunction } from './bank-claims.ts';
import { clerkFunction } from './bank-clerk.ts';
import { courierFunction } from './bank-courier.ts';
import { forestFunctions, isPlanted, plant, results } from './bank-forest.ts';
import { ledgerFunction } from './bank-ledger.ts';
import { light, lightState } from './bank-lights.ts';
import { archiveFunction, auditorFunction, handToOffice, notaryFunction, vaultFunction } from './bank-offices.ts';
import { bailiffFunction, powderRoomFunction } from './bank-ordeals.ts';
import { porterFunction } from './bank-porter.ts';
import { sextonFunction } from './bank-sexton.ts';
import { isTraced } from './bank-traces.ts';

export interface Transfer {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** A transfer that has come, as the `count`th of its account. */
export interface Arrival extends Transfer {
  readonly count: number;
}

/** How an account stands when all is done. */
export interface AccountState {
  readonly balance: number;
  readonly arrivalCount: number;
  /** What has come in all, by where it came from. */
  readonly received: Readonly<Record<string, number>>;
  /** Of the last arrivals, in order. */
  readonly log: readonly string[];
  readonly remindedCount: number;
  /** What was not as it must be. */
  readonly faults: readonly string[];
  /** What is still pending, or has not expired. */
  readonly restCount: number;
}

export type AccountMessage =
  | { readonly withdraw: Transfer }
  | { readonly deposit: Transfer }
  /** The other side has it; so nobody has to be asked whether it came. */
  | { readonly confirmed: string }
  | { readonly overdue: string }
  | { readonly reminder: string }
  | { readonly question: 'state' | 'met' };

export const account = functionType<AccountMessage, AccountState>('bank/account');
/** How often a lamp was kept by looking at it, and how many echoes have died away. */
export const lights: FunctionType<AccountMessage, readonly [kept: number, faded: number]> =
  functionType('bank/account');
export const arrivals = defineEgress<Arrival>({ type: 'bank/arrivals' });

export const LOG_LENGTH_MAX = 40;
export const LOG_LENGTH_KEPT = 15;

/** Whether the payer waits for a confirmation, and whether the payee is reminded. */
export const isConfirmed = ({ amount }: Transfer): boolean => amount % 4 === 0;
export const isReminded = ({ amount }: Transfer): boolean => amount % 8 === 1;

const accountState = {
  balance: value({ initial: 0 }),
  arrivalCount: value({ initial: 0 }),
  received: table({ initial: 0 }),
  log: list<string>(),
  remindedCount: value({ initial: 0 }),
  faults: value<readonly string[]>({ initial: [] }),
  ...lightState,
};
type AccountContext = Context<typeof accountState, AccountState | readonly [number, number]>;

const accountFunction = defineFunction({
  type: account,
  state: accountState,
  invoke(ctx: AccountContext, message) {
    const { state } = ctx;
    if ('withdraw' in message) withdraw(ctx, message.withdraw);
    else if ('deposit' in message) deposit(ctx, message.deposit);
    else if ('reminder' in message) state.remindedCount++;
    else if ('question' in message) return message.question === 'state' ? answer(ctx) : met(ctx);
    // What is to be cancelled is pending, and then it does not come.
    else if ('overdue' in message) fault(ctx, `${message.overdue} was cancelled, and came`);
    else if (!ctx.cancel(message.confirmed)) fault(ctx, `${message.confirmed} was not pending`);
    return undefined;
  },
});

function withdraw(ctx: AccountContext, transfer: Transfer): void {
  const { id, amount } = transfer;
  ctx.state.balance -= amount;
  if (isConfirmed(transfer)) ctx.sendAfter('1 hour', account, ctx.self.id, { overdue: id }, { token: id });
  ctx.send(review, `desk-${amount % 5}`, transfer);
}

function deposit(ctx: AccountContext, transfer: Transfer): void {
  const { state, self } = ctx;
  const { id, from, amount } = transfer;
  state.balance += amount;
  const count = ++state.arrivalCount;
  state.received.set(from, state.received.get(from) + amount);
  state.log.append(id);
  if (state.log.length > LOG_LENGTH_MAX) state.log.replaceWith([...state.log.view()].slice(-LOG_LENGTH_KEPT));
  for (const what of light(ctx, id, count)) fault(ctx, what);
  if (!isTraced(ctx, transfer)) fault(ctx, `${id} has the trace ${ctx.trace?.traceparent}`);
  if (isConfirmed(transfer)) ctx.send(account, from, { confirmed: id });
  if (isReminded(transfer)) ctx.sendAfter(amount % 32, account, self.id, { reminder: id });
  const arrival = { ...transfer, count };
  handToOffice(ctx, arrival);
  if (isPlanted(transfer)) plant(ctx, transfer);
  ctx.egress(arrivals, arrival);
}

function fault({ state }: AccountContext, what: string): void {
  state.faults = [...state.faults, what];
}

async function answer(ctx: AccountContext): Promise<void> {
  const { balance, arrivalCount, received, log, remindedCount, faults, flashes, echoes } = ctx.state;
  const amounts: [string, number][] = [];
  for await (const entry of received.entries()) amounts.push(entry);
  let restCount = (await ctx.timers()).length + echoes.length;
  for await (const _ of flashes.keys()) restCount++;
  const sums = Object.fromEntries(amounts);
  ctx.reply({ balance, arrivalCount, received: sums, log: [...log.view()], remindedCount, faults, restCount });
}

function met(ctx: AccountContext): void {
  ctx.reply([ctx.state.keptCount, ctx.state.fadedCount]);
}

const review = defineFunction({
  type: 'bank/review',
  state: { reviewedCount: value({ initial: 0 }) },
  async invoke(ctx, transfer: Transfer) {
    if (transfer.amount % 8 === 0) await sleep(1);
    ctx.state.reviewedCount++;
    ctx.send(account, transfer.to, { deposit: transfer });
  },
});

export default defineModule({
  functions: [
    accountFunction,
    review,
    auditorFunction,
    vaultFunction,
    notaryFunction,
    archiveFunction,
    boxFunction,
    claimsFunction,
    registerFunction,
    courierFunction,
    clerkFunction,
    ledgerFunction,
    chimesFunction,
    sextonFunction,
    porterFunction,
    bailiffFunction,
    powderRoomFunction,
    ...forestFunctions,
  ],
  egresses: [arrivals, results],
  onQuarantine: [registerFunction, NURSE],
});
