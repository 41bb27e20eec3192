/**
 * StateFun's request-reply protocol, as objects: one request is a batch of invocations of one address, one response is
 * either all that follows from it or the list of the states that the function misses. The bytes are the codec's
 * business, how they travel is the transport's, what they mean is the remote function's.
 */
import type { Address } from '../sdk/address.ts';
import type { TypedValue } from './typed-value.ts';

/** A state as a request brings it along; without a value it is known and unset. */
export interface KnownState<Value extends TypedValue = TypedValue> {
  readonly name: string;
  readonly value: Value | undefined;
}

export interface RemoteInvocation<Value extends TypedValue = TypedValue> {
  /** Undefined for what comes from outside. */
  readonly caller: Address | undefined;
  readonly argument: Value;
}

/** ToFunction: one address, one or more invocations in the order of their arrival. */
export interface BatchRequest<Value extends TypedValue = TypedValue> {
  readonly target: Address;
  readonly states: readonly KnownState<Value>[];
  readonly invocations: readonly RemoteInvocation<Value>[];
}

export type ExpireMode = 'none' | 'after-write' | 'after-invoke';

/** A state that the function declares and the request did not bring along. */
export interface MissingState {
  readonly name: string;
  readonly typename: string;
  readonly mode: ExpireMode;
  /** Milliseconds; without meaning for mode `none`. */
  readonly afterMs: number;
}

export interface StateMutation {
  readonly name: string;
  /** Undefined deletes. */
  readonly value: TypedValue | undefined;
}

export interface SentMessage {
  readonly target: Address;
  readonly argument: TypedValue;
}

export type DelayedCommand =
  | (SentMessage & { readonly kind: 'send'; readonly delayMs: number; readonly token: string })
  | { readonly kind: 'cancel'; readonly token: string };

export interface EgressRecord {
  /** `namespace/name` of the egress. */
  readonly egress: string;
  readonly argument: TypedValue;
}

/** FromFunction: what follows from a batch. */
export interface BatchEffects {
  readonly kind: 'effects';
  readonly mutations: readonly StateMutation[];
  readonly messages: readonly SentMessage[];
  /** In the order in which they are to be carried out. An empty token is none. */
  readonly delayed: readonly DelayedCommand[];
  readonly egresses: readonly EgressRecord[];
}

/** FromFunction: nothing was done, since these states are missing. */
export interface MissingStates {
  readonly kind: 'missing';
  readonly states: readonly MissingState[];
}

export type BatchResponse = BatchEffects | MissingStates;

export const NO_EFFECTS: BatchEffects = Object.freeze({
  kind: 'effects',
  mutations: [],
  messages: [],
  delayed: [],
  egresses: [],
});
