/** Functions that do as they are told, for the cases of the endpoint role, and how to ask for them. */
import type { Address, AnyStateSpec, Context } from '../../../src/index.ts';
import { defineEgress, defineFunction, defineModule, type Module, value } from '../../../src/index.ts';
import {
  createStatefunHandler,
  type EndpointEvent,
  type EndpointOptions,
  type StatefunHandler,
} from '../../../src/endpoint/index.ts';
import type { BatchResponse, KnownState, RemoteInvocation } from '../../../src/statefun/protocol.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import { MessageMapping, VALUE_TYPENAME } from '../../../src/endpoint/message-mapping.ts';
import { decodeStored, encodeStored } from '../../../src/endpoint/stored-value.ts';
import { type TypedValue, ValueInPlace } from '../../../src/statefun/typed-value.ts';
import { OUTSIDE_LIMITS } from '../../../src/wire/outside-value.ts';

export const KIM: Address = { type: 'case/fn', id: 'Kim' };
export const LOU: Address = { type: 'case/fn', id: 'Lou' };

/** What messages and states are outside, without any types of others. */
export const PLAIN_MAPPING = new MessageMapping({ types: [], sends: {}, egresses: {}, itemCountMax: 1_000_000 });

export function message(content: unknown, caller?: Address): RemoteInvocation {
  return { caller, argument: PLAIN_MAPPING.message(content, KIM.type) };
}

export function stored(content: unknown, version = 1): TypedValue {
  return { typename: VALUE_TYPENAME, value: encodeStored(content, version) };
}

/** The value as a request has it: amid other bytes. */
export function inPlace({ typename, value }: TypedValue): ValueInPlace {
  const source = Buffer.concat([Buffer.from([2, 1]), value ?? Buffer.alloc(0), Buffer.from([3])]);
  return new ValueInPlace(typename, value !== undefined, source, 2, source.length - 1);
}

/** What one of our own values says. */
export function read({ typename, value: bytes }: TypedValue): unknown {
  if (typename !== VALUE_TYPENAME) return PLAIN_MAPPING.read(inPlace({ typename, value: bytes }));
  const decoded = decodeStored(bytes ?? new Uint8Array(0), OUTSIDE_LIMITS);
  if (decoded.refusal !== undefined) throw new Error(decoded.refusal);
  return decoded.value;
}

type Invoke = (ctx: Context<Record<string, AnyStateSpec>>, message: string) => void | Promise<void>;

/** `case/fn` with the states that most cases want, and an egress. */
export function caseModule(
  invoke: Invoke,
  state: Record<string, AnyStateSpec> = { seen: value(), last: value() },
): Module {
  const fn = defineFunction({ type: KIM.type, state, invoke });
  return defineModule({ functions: [fn], egresses: [defineEgress({ type: 'case/out' })] });
}

export interface Served {
  readonly handler: StatefunHandler;
  readonly events: EndpointEvent[];
  /** The decoded response, or the status of one that is none. */
  ask(
    target: Address,
    states: readonly KnownState[],
    ...invocations: readonly RemoteInvocation[]
  ): Promise<BatchResponse | number>;
}

export function serve(module: Module, options: Partial<EndpointOptions> = {}): Served {
  const events: EndpointEvent[] = [];
  const handler = createStatefunHandler({ module, log: (event) => void events.push(event), ...options });
  return {
    handler,
    events,
    async ask(target, states, ...invocations) {
      const { status, body } = await handler.handleBytes(encodeRequest({ target, states, invocations }));
      return status === 200 ? decodeResponse(body) : status;
    },
  };
}

/** Both states, known and unset. */
export const UNSET: readonly KnownState[] = [
  { name: 'seen', value: undefined },
  { name: 'last', value: undefined },
];
