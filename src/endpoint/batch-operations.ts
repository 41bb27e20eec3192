/**
 * What the invocations of one batch have begun with `ctx.async`. StateFun's protocol has one response to a request and
 * nothing after it, so the response waits for these operations, and what comes of each goes along as a message of the
 * address to itself: the cluster keeps it and delivers it like any other. So an operation whose result is on its way is
 * not done again when its handling fails. Belongs to one batch; if that fails, nothing is heard of them.
 *
 * ```
 *   invocation 1 │ invocation 2 │ begin functions … wait … │ response: effects, then results
 *   promises are under way      └ at most operationMs, or until the caller goes
 * ```
 */
import { failureOf } from '../shard/failing/failure.ts';
import type { TypedValue } from '../statefun/typed-value.ts';
import { copyMessage } from '../wire/structured-data.ts';
import type { Caller } from './caller.ts';
import { callerGone } from './invocation-watch.ts';
import { structured } from './message-mapping.ts';

interface Operation {
  readonly metadata: unknown;
  /** Begins it, or gives what was under way when it was registered; called once. */
  readonly result: () => Promise<TypedValue>;
}

export class BatchOperations {
  readonly #operations: Operation[] = [];

  /**
   * A function is begun when all invocations of the batch have returned. Throws `MESSAGE_NOT_ENCODABLE` for metadata that
   * cannot be a message.
   */
  add(given: unknown, work: unknown): void {
    const metadata = copyMessage(given);
    if (typeof work === 'function') {
      this.#operations.push({ metadata, result: async () => await resultOf(metadata, work as () => unknown) });
      return;
    }
    // From now on, so that a rejection is heard also if the batch fails.
    const result = resultOf(metadata, () => work);
    this.#operations.push({ metadata, result: async () => await result });
  }

  /**
   * What came of each: those that have ended in the order in which they did, and then those that have not in time, whose
   * end is unknown. Throws `CALLER_GONE`.
   */
  async results(caller: Caller, waitMs: number): Promise<readonly TypedValue[]> {
    const ended: TypedValue[] = [];
    const waiting = new Set(this.#operations);
    const all = this.#operations.map(async (operation) => {
      const result = await operation.result();
      waiting.delete(operation);
      ended.push(result);
    });
    await until(Promise.all(all), caller, waitMs);
    const unknown = Array.from(waiting, ({ metadata }) => structured({ kind: 'async', status: 'unknown', metadata }));
    return [...ended, ...unknown];
  }
}

/** Never rejects. */
async function resultOf(metadata: unknown, work: () => unknown): Promise<TypedValue> {
  try {
    return structured({ kind: 'async', status: 'success', metadata, value: await work() });
  } catch (thrown) {
    const { name, message, code, stack } = failureOf(thrown);
    return structured({ kind: 'async', status: 'failure', metadata, error: { name, message, code, stack } });
  }
}

/** Waits for it, but not longer than this. Throws `CALLER_GONE`. */
async function until(work: Promise<unknown>, caller: Caller, waitMs: number): Promise<void> {
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  caller.onGone = (): void => reject(callerGone());
  try {
    if (caller.isGone) throw callerGone();
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    caller.onGone = undefined;
  }
}
