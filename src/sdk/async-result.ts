/**
 * What comes of an operation that an invocation began with `ctx.async` and did not wait for: an ordinary message of the
 * address to itself. It says what the operation was for, and how it ended as far as anybody knows.
 */

/** Why an operation failed: of the error that its promise was rejected with, what can travel. */
export interface AsyncFailure {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

interface Result<Status, Metadata> {
  readonly kind: 'async';
  readonly status: Status;
  /** What `ctx.async` was given to know it by. */
  readonly metadata: Metadata;
}

/**
 * The result of an operation. `success` has what its promise resolved to, `failure` what it was rejected with (or that
 * its value cannot be a message). `unknown` comes after the engine went back to a checkpoint at which the operation was
 * under way: it may have happened, or not, or half; the function decides whether to repeat it or to look.
 */
export type AsyncResult<Metadata, Value = unknown> =
  | (Result<'success', Metadata> & { readonly value: Value })
  | (Result<'failure', Metadata> & { readonly error: AsyncFailure })
  | Result<'unknown', Metadata>;

const STATUSES: readonly unknown[] = ['success', 'failure', 'unknown'];

/**
 * Tells the results of its own operations from the other messages of a function:
 * `invoke(ctx, message: Order | AsyncResult<OrderId, Payment>)`.
 */
export function isAsyncResult<Message>(
  message: Message,
): message is Extract<Message, { readonly kind: 'async'; readonly metadata: unknown }> {
  if (typeof message !== 'object' || message === null) return false;
  const { kind, status } = message as { kind?: unknown; status?: unknown };
  return kind === 'async' && STATUSES.includes(status) && 'metadata' in message;
}
