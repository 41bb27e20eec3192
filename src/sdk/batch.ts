/**
 * How a function takes several waiting messages at once. Not for everybody: remote functions do, since a request costs
 * more than a message. The messages are those of one address, in the order of their arrival (I4), and all that follows
 * from them follows together or not at all (I5).
 */
import type { CallOffSignal } from '../base/call-off.ts';
import type { Address } from './address.ts';
import type { Context } from './function.ts';
import type { StateSpecs } from './state.ts';

/** One message of a batch, with who sent it. */
export interface BatchedMessage {
  readonly message: unknown;
  /** As `ctx.caller`: undefined for what comes from outside. */
  readonly caller: Address | undefined;
}

/** What the Context of an async invocation can do besides; the engine's own functions know of it. */
export interface BatchContext<Specs extends StateSpecs = StateSpecs> extends Context<Specs> {
  /**
   * Takes messages that wait for this address into this invocation, the oldest first, `countMax` at most; may be called
   * until the first await. They end with it: handled if it returns, and otherwise put back in front of the line.
   */
  takeWaiting(countMax: number): readonly BatchedMessage[];

  /**
   * As `egress`, for a record that nobody else has or will change, so that it goes without a copy: plain structured data,
   * known to be, that takes no more than `bytesBound` when it is encoded.
   */
  egressOwned(target: string, record: unknown, bytesBound: number): void;

  /** As `signal`, and cheaper. For one listener at a time. */
  readonly callOff: CallOffSignal;
}
