/**
 * The bytes of StateFun's request-reply protocol, version 3: protocol buffers, package `io.statefun.sdk.reqreply`.
 *
 * ```
 *  ToFunction                                       FromFunction
 *  └ 100 invocation                                 ├ 100 invocation_result            (one of the two, or none)
 *    ├ 1 target               Address               │ ├ 1 state_mutations*
 *    ├ 2 state*                                     │ │ ├ 1 mutation_type              0 delete, 1 modify
 *    │ ├ 1 state_name         string                │ │ ├ 2 state_name                 string
 *    │ └ 2 state_value        TypedValue            │ │ └ 3 state_value                TypedValue
 *    └ 3 invocations*                               │ ├ 2 outgoing_messages*
 *      ├ 1 caller             Address               │ │ ├ 1 target                     Address
 *      └ 2 argument           TypedValue            │ │ └ 2 argument                   TypedValue
 *                                                   │ ├ 3 delayed_invocations*
 *  Address                                          │ │ ├  1 delay_in_ms               int64
 *  ├ 1 namespace              string                │ │ ├  2 target                    Address
 *  ├ 2 type                   string                │ │ ├  3 argument                  TypedValue
 *  └ 3 id                     string                │ │ ├ 10 is_cancellation_request   bool
 *                                                   │ │ └ 11 cancellation_token        string
 *  TypedValue                                       │ └ 4 outgoing_egresses*
 *  ├ 1 typename               string                │   ├ 1 egress_namespace           string
 *  ├ 2 has_value              bool                  │   ├ 2 egress_type                string
 *  └ 3 value                  bytes                 │   └ 3 argument                   TypedValue
 *                                                   └ 101 incomplete_invocation_context
 *  * any number of them                               └ 1 missing_values*
 *                                                       ├ 1 state_name                 string
 *                                                       ├ 2 expiration_spec
 *                                                       │ ├ 1 mode                     0 none, 1 write, 2 invoke
 *                                                       │ └ 2 expire_after_millis      int64
 *                                                       └ 3 type_typename              string
 * ```
 *
 * A field is its tag (its number times 8, plus how it is written) and its content: a varint, or a length and so many
 * bytes. What has its default value (0, false, no bytes) is left out; a message that is left out is none at all, and an
 * empty one is written as length 0.
 */
import { ID_LENGTH_MAX, TYPE_NAME_LENGTH_MAX } from '../sdk/address.ts';
import { TOKEN_LENGTH_MAX } from '../sdk/timer.ts';

/** How a field is written: the low three bits of its tag. */
export const WIRE_VARINT = 0;
export const WIRE_64 = 1;
export const WIRE_LENGTH = 2;
export const WIRE_GROUP = 3;
export const WIRE_GROUP_END = 4;
export const WIRE_32 = 5;

/** Tags of fields that have a length: messages, strings, bytes. Equal numbers mean other things in other messages. */
export const FIELD_1: number = (1 << 3) | WIRE_LENGTH;
export const FIELD_2: number = (2 << 3) | WIRE_LENGTH;
export const FIELD_3: number = (3 << 3) | WIRE_LENGTH;
export const FIELD_4: number = (4 << 3) | WIRE_LENGTH;
export const FIELD_11: number = (11 << 3) | WIRE_LENGTH;
export const FIELD_100: number = (100 << 3) | WIRE_LENGTH;
export const FIELD_101: number = (101 << 3) | WIRE_LENGTH;
/** Tags of fields that are a number. */
export const VARINT_1: number = (1 << 3) | WIRE_VARINT;
export const VARINT_2: number = (2 << 3) | WIRE_VARINT;
export const VARINT_10: number = (10 << 3) | WIRE_VARINT;

export const MUTATION_DELETE = 0;
export const MUTATION_MODIFY = 1;

/** The modes of an expiration by their number on the wire. */
export const EXPIRE_MODES = ['none', 'after-write', 'after-invoke'] as const;

/** What a request or response may hold at most. What is longer or more is refused, before it is made into objects. */
export interface ProtocolLimits {
  /** All of its bytes. Default 32 MiB, as StateFun's `payload_max_bytes`. */
  readonly bytesMax: number;
  /** Elements of all lists together that are taken however short they are; default 100,000. More must be worth it. */
  readonly elementCountFree: number;
  /** Elements of all lists together, whatever they are worth; by default no number of its own. */
  readonly elementCountMax: number;
  /** States of a request; mutations or missing states of a response. Default 1,000. */
  readonly stateCountMax: number;
}

export const PROTOCOL_LIMITS: ProtocolLimits = Object.freeze({
  bytesMax: 32 * 1024 * 1024,
  elementCountFree: 100_000,
  elementCountMax: Infinity,
  stateCountMax: 1000,
});

/**
 * Where there are more than the free ones, elements and fields may be no shorter than this on average: objects made of
 * them take a multiple of their bytes, which so is bounded. The shortest message that names its target has 13.
 */
export const ELEMENT_BYTES_MIN = 12;
export const FIELD_BYTES_MIN = 2.5;

/** What is refused for that, which may be well-formed: sent again it would be too much again. */
export const TOO_MUCH: { readonly isTooMuch: true } = Object.freeze({ isTooMuch: true });

/** Longest strings, in UTF-16 code units. */
export const NAME_LENGTH_MAX: number = TYPE_NAME_LENGTH_MAX;
export const ADDRESS_ID_LENGTH_MAX: number = ID_LENGTH_MAX;
export const CANCELLATION_TOKEN_LENGTH_MAX: number = TOKEN_LENGTH_MAX;
