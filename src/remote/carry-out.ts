/**
 * Carries out what an endpoint has answered to a batch: messages, delayed messages, egress records and state, in this
 * order, as StateFun does. All of it is checked on the way, and whatever is against the rules throws; since nothing of an
 * invocation happens that throws (I5), such a response has no effect at all.
 */
import { type Address, invalidId, isId } from '../sdk/address.ts';
import type { BatchContext } from '../sdk/batch.ts';
import { describe } from '../sdk/errors.ts';
import type { BatchEffects, DelayedCommand, EgressRecord, SentMessage, StateMutation } from '../statefun/protocol.ts';
import { typedBytesMax } from '../statefun/typed-value.ts';
import type { KnownStates } from './known-states.ts';
import { refusalOf, refused } from './refusal.ts';
import { bytesOfValues, NamedValues, type RemoteState, type RemoteValues, writtenValue } from './remote-values.ts';
import type { Endpoint } from './transport.ts';

export type RemoteContext = BatchContext<RemoteState>;

const NO_BYTES = new Uint8Array(0);

/** `values` are those of the request, as far as there are any; `isChanged`: they are not what is stored. */
export interface RequestedValues {
  readonly values: RemoteValues;
  readonly isChanged: boolean;
}

/** What carrying out depends on of an endpoint. */
export type EffectSource = Pick<Endpoint, 'readsResponses' | 'stateBytesMax'>;

export function carryOut(
  ctx: RemoteContext,
  effects: BatchEffects,
  known: KnownStates,
  requested: RequestedValues,
  { readsResponses = false, stateBytesMax = Infinity }: EffectSource,
): void {
  for (const message of effects.messages) send(ctx, message);
  for (const command of effects.delayed) carryOutDelayed(ctx, command);
  for (const record of effects.egresses) giveRecord(ctx, record, readsResponses);
  changeValues(ctx, effects.mutations, known, requested, stateBytesMax);
}

function send(ctx: RemoteContext, { target, argument }: SentMessage): void {
  try {
    // In production `ctx.send` leaves that to when it is too late to refuse anything.
    if (!isId(target.id)) throw invalidId(target.id);
    ctx.send(target.type, target.id, argument);
  } catch (error) {
    throw refusalOf(ctx.self, `a message to ${nameOf(target)}`, error);
  }
}

/** `isFresh`: it has been read from bytes just now, so nobody else has any part of it. */
function giveRecord(ctx: RemoteContext, { egress, argument }: EgressRecord, isFresh: boolean): void {
  try {
    if (isFresh) ctx.egressOwned(egress, argument, typedBytesMax(argument));
    else ctx.egress(egress, argument);
  } catch (error) {
    throw refusalOf(ctx.self, `a record for the egress ${describe(egress)}`, error);
  }
}

function carryOutDelayed(ctx: RemoteContext, command: DelayedCommand): void {
  if (command.kind === 'cancel') cancel(ctx, command.token);
  else sendDelayed(ctx, command);
}

function cancel(ctx: RemoteContext, token: string): void {
  if (token === '') throw refused(ctx.self, 'it cancels a delayed message without a token');
  try {
    ctx.cancel(token);
  } catch (error) {
    throw refusalOf(ctx.self, `a cancellation of ${describe(token)}`, error);
  }
}

type DelayedSend = Extract<DelayedCommand, { readonly kind: 'send' }>;

function sendDelayed(ctx: RemoteContext, { target, argument, delayMs, token }: DelayedSend): void {
  try {
    ctx.sendAfter(delayMs, target.type, target.id, argument, token === '' ? {} : { token });
  } catch (error) {
    throw refusalOf(ctx.self, `a delayed message to ${nameOf(target)}`, error);
  }
}

function changeValues(
  ctx: RemoteContext,
  mutations: readonly StateMutation[],
  known: KnownStates,
  { values, isChanged }: RequestedValues,
  bytesMax: number,
): void {
  if (mutations.length === 0 && !isChanged) return;
  const now = ctx.now();
  const left = new NamedValues(values);
  for (const { name, value } of mutations) {
    const state = known.get(name);
    if (state === undefined)
      throw refused(ctx.self, `it changes the state ${describe(name)}, which it has not declared`);
    if (value === undefined) {
      left.set(name, undefined);
      continue;
    }
    if (value.typename !== state.typename) {
      known.doubt(name);
      const what = `it sets the state ${describe(name)} to a value of the type ${describe(value.typename)}`;
      throw refused(ctx.self, `${what}, and has declared it as ${describe(state.typename)}`);
    }
    // Without a value it is still there, as in StateFun.
    left.set(name, writtenValue(state, value.value ?? NO_BYTES, now));
  }
  const { all } = left;
  if (bytesMax !== Infinity) checkBytes(ctx.self, values, all, bytesMax);
  if (all.length === 0) ctx.clear('values');
  else ctx.state.values = all as never;
}

/** What is there already may be more than is allowed today: it stays, and may become less. */
function checkBytes(self: Address, before: RemoteValues, after: RemoteValues, bytesMax: number): void {
  const bytes = bytesOfValues(after);
  if (bytes <= bytesMax || bytes <= bytesOfValues(before)) return;
  throw refused(self, `its states would have ${bytes} bytes, more than the ${bytesMax} of stateBytesMax`);
}

function nameOf({ type, id }: Address): string {
  return `${describe(type)} ${describe(id)}`;
}
