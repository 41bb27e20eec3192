/**
 * The one table of error codes. Every error that a user can meet has a code that never changes, says what was given
 * and what is allowed, and ends with its consequence: what the engine does next. A code is named for what happened,
 * never for where in the engine it was noticed.
 */

/** Code → what happens next. The text stands at the end of every error of that code. */
const CONSEQUENCES = {
  INVALID_TYPE_NAME: 'Nothing was defined or sent.',
  INVALID_ID: 'Nothing was sent, or, if a function did it in production, the message is a dead letter.',
  INVALID_OPTION: 'The engine was not started, or the call had no effect.',
  INVALID_DEFINITION: 'Nothing was defined.',
  DUPLICATE_TYPE: 'The module was not accepted.',
  MODULE_NOT_LOADED: 'The engine was not started.',
  MODULE_NOT_EXPORTED: 'The engine was not started.',
  MODULE_YAML_INVALID: 'The module was not accepted.',
  UNKNOWN_FUNCTION: 'Nothing was sent.',
  UNKNOWN_TARGET: 'The message is among the dead letters, with the name of its sender; the engine goes on.',
  TOO_MANY_TYPES: 'Nothing was sent; a message from before that is for such a type is among the dead letters.',
  UNKNOWN_EGRESS: 'Nothing was handed to an egress.',
  UNKNOWN_INGRESS: 'The engine was not started.',
  UNSERVED_INGRESS: 'The engine was not started.',
  MESSAGE_NOT_ENCODABLE: 'Nothing was sent, or, of state, the value was not taken.',
  MESSAGE_TOO_LARGE: 'Nothing was sent.',
  INVALID_TRACE: 'Nothing was sent.',
  REPLY_WITHOUT_CALLER: 'Nothing was sent.',
  INVALID_KEY: 'The call had no effect.',
  MESSAGE_INVALID: 'Nothing was sent, or, where it was found on arrival, this invocation did not happen.',
  STATE_INVALID: 'The value was not taken; the invocation fails unless it catches this.',
  STATE_MIGRATION_FAILED: 'The stored value was left as it is; the invocation fails unless it catches this.',
  INVALID_DELAY: 'No message was scheduled.',
  INVALID_TIMER:
    'No message was scheduled or cancelled; a schedule from before that cannot be read any more waits and is tried each day.',
  DUPLICATE_TOKEN: 'No message was scheduled; the pending one stays.',
  CONTEXT_EXPIRED: 'The call had no effect.',
  INVOCATION_FAILED:
    'Nothing it did has happened; its message is kept as its failure policy says, and the engine goes on.',
  FUNCTION_FAILED: 'The engine has failed, as the failure policy says; a later start tries the message again.',
  ADDRESS_PARKED: 'The message is a dead letter; the address stays parked.',
  REMOTE_RESPONSE_REFUSED:
    'Nothing of this response has happened; the failure policy of the function says what becomes of the messages.',
  INVALID_FILTER: 'Nothing was changed.',
  INVOCATION_OVERDUE:
    'An async invocation is aborted through ctx.signal, and fails if it still goes on; one that has returned stands.',
  ASK_TIMED_OUT: 'The message may still be processed; a later reply is dropped.',
  MALFORMED_RECORD: 'See the policy of the ingress: the record is skipped, or the ingress stops.',
  MALFORMED_BATCH: 'Nothing of it was carried out; a remote call that it belongs to counts as failed.',
  TYPE_MISMATCH: 'The value was neither read nor written; an invocation fails unless it catches this.',
  INGRESS_FAILED: 'This ingress has stopped; the engine goes on with what it has taken in.',
  ROUTER_FAILED: 'This router sent nothing of the record; what others send of it goes on, and so does the ingress.',
  EGRESS_FAILED: 'This egress has stopped and its records are kept; the engine stops taking input.',
  EGRESS_UNCONSUMED: 'Records are kept, and the ingresses stay closed until somebody consumes the egress.',
  EGRESS_CONSUMED_TWICE: 'The second consumer was refused; the first goes on.',
  PROCESS_FAILED: 'It is started again after a pause; until then the messages to its functions wait.',
  SPILL_FAILED: 'The shard stops; the engine fails.',
  SHARD_STUCK:
    'Nothing else of this shard goes on until the invocation returns, or its thread is ended as stuckEndMs says.',
  MESSAGE_QUARANTINED: "The message was not handled again; its function's failure policy says what became of it.",
  SHARD_RECOVERING: 'All shards go back to the last checkpoint and the engine goes on; nothing that was sent is lost.',
  SHARD_FAILED: 'The engine has failed: all its shards are stopped and every waiting caller gets this error.',
  ENGINE_STOPPED:
    'Nothing more is taken; a message that was under way may have been handled, or be handled after the next start.',
  DATA_DAMAGED: 'Nothing is guessed and no data was changed; repair the file or start from a savepoint.',
  DATA_LOCKED: 'The engine was not started.',
  DATA_TOO_NEW: 'The engine was not started and nothing on disk was changed.',
  DATA_OTHER_STORE: 'The engine was not started and nothing on disk was changed.',
  DATA_NOT_EMPTY: 'The engine was not started and nothing on disk was changed.',
  NOT_ON_STATEFUN: 'Nothing was done; where it is said of a module, nothing is served.',
  CALLER_GONE: 'Nothing of this batch has happened; whoever asked for it sends it again.',
  SAVEPOINT_FAILED: 'No savepoint was made; the engine goes on.',
  SAVEPOINT_DAMAGED: 'Nothing was started from it; use another savepoint.',
  BOOTSTRAP_FAILED: 'No savepoint was written.',
  REMOTE_CALL_FAILED:
    'Nothing of the batch was carried out; the failure policy of its function says what happens next.',
  ENDPOINT_UNREACHABLE:
    'Calls to it wait, however long it takes, and all else goes on; it is tried again and again, ever more seldom.',
  STORAGE_FAILED:
    'The shards go back to the last checkpoint, or the engine is not started; nothing that was acknowledged is lost.',
} as const;

export type ErrorCode = keyof typeof CONSEQUENCES;

/** All codes, for documentation and tests. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(CONSEQUENCES) as ErrorCode[];

/**
 * The only error class of Millrace. `code` is stable; `message` is for people and may change.
 * `details` holds the machine-readable part, such as the line number of a malformed record.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, what: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    const consequence = CONSEQUENCES[code];
    super(
      // An error that another thread had first says it already.
      what.endsWith(consequence) ? what : `${what}${/[.!?…]$/.test(what) ? '' : '.'} ${consequence}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** What a value looks like in an error message: short, on one line, and safe for any value. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}… (${value.length} characters)` : value);
  }
  if (typeof value === 'function') return `a function${value.name === '' ? '' : ` (${value.name})`}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name: unknown = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor
    ?.name;
  return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object';
}
