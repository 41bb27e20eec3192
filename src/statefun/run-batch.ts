/**
 * Runs one batch on the functions of a StateFun program: all invocations in their order over one view of the state, each
 * awaited. If one throws, nothing of the batch has happened. It knows objects only, so it runs the same behind HTTP and
 * embedded in a shard; batches of different requests run at the same time and share nothing.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import { StorageLayout } from './address-storage.ts';
import { Collected, Context } from './context.ts';
import type { FunctionSpec } from './function-spec.ts';
import { Message } from './message.ts';
import type { BatchRequest, BatchResponse, MissingState } from './protocol.ts';
import { sdkAddress } from './sdk-address.ts';
import type { ValueSpec } from './value-spec.ts';

/** A bound function, ready to run. */
export class BoundFunction {
  readonly spec: FunctionSpec;
  readonly layout: StorageLayout;

  constructor(spec: FunctionSpec) {
    this.spec = spec;
    this.layout = new StorageLayout(spec.typename, spec.states);
  }
}

/**
 * @param report is told of what a program does after its batch has ended
 * @throws MillraceError `UNKNOWN_FUNCTION`, and whatever the program throws
 */
export async function runBatch(
  functions: ReadonlyMap<string, BoundFunction>,
  { target, states, invocations }: BatchRequest,
  report: (error: Error) => void,
): Promise<BatchResponse> {
  const bound = functions.get(target.type);
  if (bound === undefined) {
    throw new MillraceError('UNKNOWN_FUNCTION', `This program has no function ${describe(target.type)}`);
  }
  const missing = bound.layout.missing(states);
  if (missing.length > 0) return { kind: 'missing', states: missing.map(missingState) };
  const storage = bound.layout.open(states);
  const collected = new Collected(report);
  const context = new Context(sdkAddress(target), storage.storage, collected);
  try {
    for (const { caller, argument } of invocations) {
      collected.caller = caller === undefined ? null : sdkAddress(caller);
      const outcome: unknown = bound.spec.fn(context, new Message(context.self, argument));
      if (isThenable(outcome)) await outcome;
    }
    return collected.effects(storage);
  } finally {
    collected.hasEnded = true;
  }
}

function missingState({ name, type, expireMode, expireAfterMs }: ValueSpec): MissingState {
  return { name, typename: type.typename, mode: expireMode, afterMs: expireAfterMs };
}

function isThenable(outcome: unknown): outcome is PromiseLike<unknown> {
  return typeof (outcome as { then?: unknown } | null | undefined)?.then === 'function';
}
