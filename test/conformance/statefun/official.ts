/**
 * The messages of the protocol as the official JavaScript package has them: generated code, which is our measure.
 */
import { createRequire } from 'node:module';
import type { Address } from '../../../src/sdk/address.ts';
import type { BatchRequest, BatchResponse, DelayedCommand, MissingState } from '../../../src/statefun/protocol.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';

/** A generated message: setters, adders, `serializeBinary`, `toObject`. */
export interface OfficialMessage {
  serializeBinary(): Uint8Array;
  toObject(): unknown;
}

interface OfficialClass {
  new (): OfficialMessage;
  deserializeBinary(bytes: Uint8Array): OfficialMessage;
}

type Fields = Record<string, unknown>;

// The package puts its messages into a global object of this name.
for (const file of ['request-reply_pb', 'types_pb', 'kafka-egress_pb', 'kinesis-egress_pb']) {
  createRequire(import.meta.url)(`apache-flink-statefun/dist/generated/${file}`);
}

/** A class of the package `io.statefun.sdk`, such as `reqreply.Address`. */
export function officialClass(name: string): OfficialClass {
  let found: unknown = (globalThis as unknown as { proto: unknown }).proto;
  for (const part of `io.statefun.sdk.${name}`.split('.')) found = (found as Fields)[part];
  return found as OfficialClass;
}

/** A message with these fields set: `target` by `setTarget`, a list by one `addX` for each element. */
export function officialMessage(name: string, fields: Fields): OfficialMessage {
  const message = new (officialClass(name))();
  const methods = message as unknown as Record<string, (value: unknown) => void>;
  for (const [field, value] of Object.entries(fields)) {
    const capital = field[0].toUpperCase() + field.slice(1);
    if (Array.isArray(value)) for (const element of value) methods[`add${capital}`](element);
    else if (value !== undefined) methods[`set${capital}`](value);
  }
  return message;
}

export function officialRequest({ target, states, invocations }: BatchRequest): OfficialMessage {
  const invocation = officialMessage('reqreply.ToFunction.InvocationBatchRequest', {
    target: address(target),
    state: states.map(({ name, value }) =>
      officialMessage('reqreply.ToFunction.PersistedValue', { stateName: name, stateValue: typedValue(value) }),
    ),
    invocations: invocations.map(({ caller, argument }) =>
      officialMessage('reqreply.ToFunction.Invocation', { caller: address(caller), argument: typedValue(argument) }),
    ),
  });
  return officialMessage('reqreply.ToFunction', { invocation });
}

export function officialResponse(response: BatchResponse): OfficialMessage {
  if (response.kind === 'missing') {
    const incompleteInvocationContext = officialMessage('reqreply.FromFunction.IncompleteInvocationContext', {
      missingValues: response.states.map(missing),
    });
    return officialMessage('reqreply.FromFunction', { incompleteInvocationContext });
  }
  const invocationResult = officialMessage('reqreply.FromFunction.InvocationResponse', {
    stateMutations: response.mutations.map(({ name, value }) =>
      officialMessage('reqreply.FromFunction.PersistedValueMutation', {
        mutationType: value === undefined ? 0 : 1,
        stateName: name,
        stateValue: typedValue(value),
      }),
    ),
    outgoingMessages: response.messages.map(({ target, argument }) =>
      officialMessage('reqreply.FromFunction.Invocation', { target: address(target), argument: typedValue(argument) }),
    ),
    delayedInvocations: response.delayed.map(delayed),
    outgoingEgresses: response.egresses.map(({ egress, argument }) =>
      officialMessage('reqreply.FromFunction.EgressMessage', {
        egressNamespace: halves(egress)[0],
        egressType: halves(egress)[1],
        argument: typedValue(argument),
      }),
    ),
  });
  return officialMessage('reqreply.FromFunction', { invocationResult });
}

function missing({ name, typename, mode, afterMs }: MissingState): OfficialMessage {
  const spec = { expireAfterMillis: afterMs, mode: ['none', 'after-write', 'after-invoke'].indexOf(mode) };
  return officialMessage('reqreply.FromFunction.PersistedValueSpec', {
    stateName: name,
    typeTypename: typename,
    expirationSpec: mode === 'none' ? undefined : officialMessage('reqreply.FromFunction.ExpirationSpec', spec),
  });
}

function delayed(command: DelayedCommand): OfficialMessage {
  const fields =
    command.kind === 'cancel'
      ? { isCancellationRequest: true }
      : { delayInMs: command.delayMs, target: address(command.target), argument: typedValue(command.argument) };
  return officialMessage('reqreply.FromFunction.DelayedInvocation', { ...fields, cancellationToken: command.token });
}

function halves(type: string): readonly [string, string] {
  const slash = type.lastIndexOf('/');
  return [type.slice(0, slash), type.slice(slash + 1)];
}

function address(of: Address | undefined): OfficialMessage | undefined {
  if (of === undefined) return undefined;
  const [namespace, type] = halves(of.type);
  return officialMessage('reqreply.Address', { namespace, type, id: of.id });
}

function typedValue(of: TypedValue | undefined): OfficialMessage | undefined {
  if (of === undefined) return undefined;
  const { typename, value } = of;
  return officialMessage('reqreply.TypedValue', { typename, hasValue: value !== undefined, value });
}
