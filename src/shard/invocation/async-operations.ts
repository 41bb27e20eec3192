/**
 * What the invocations of a shard have begun with `ctx.async` and do not wait for. When such an operation ends, its
 * result goes to the address as a message to itself, through effects and mailbox like every other. It is in flight from
 * the return of its invocation on: whoever waits until all is quiet waits for it, too.
 *
 * A checkpoint holds each pending operation as the message that says that its end is unknown (I6). So after a recovery
 * every one of them is told of exactly once, and one whose result was delivered before the cut never again.
 *
 * Nothing here runs user code within an invocation: operations that are given as functions are begun between them.
 */
import type { AsyncFailure } from '../../sdk/async-result.ts';
import type { Entity } from '../../state/entity.ts';
import type { MessageGate } from '../../wire/message-gate.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { AsyncBounds } from '../delivery/async-bounds.ts';
import { NO_SLOT } from '../../metrics/under-way.ts';
import type { Effects } from './effects.ts';
import { failureOf } from '../failing/failure.ts';
import type { Suspects } from '../failing/suspects.ts';
import type { FunctionBinding } from '../function-binding.ts';
import type { FunctionLoad } from '../delivery/function-load.ts';

/** How a promise has ended. */
interface Outcome {
  readonly failed: boolean;
  readonly value: unknown;
}

/** The longest report that is always possible: whoever registers is refused what would not leave room for it. */
const REFUSAL: AsyncFailure = { name: 'MillraceError', message: 'too large', code: 'MESSAGE_TOO_LARGE' };

export class AsyncOperation {
  /** Whose it is; undefined until its invocation has returned. */
  entity: { readonly functionIndex: number; readonly hash: number; readonly id: string } | undefined = undefined;
  /** What it counts for; there when its entity is. */
  load: FunctionLoad | undefined = undefined;
  /** Of the message that it comes of; 0 if nobody took it. */
  fingerprint = 0;
  /** Where it is noted that it is under way. */
  slot: number = NO_SLOT;
  outcome: Outcome | undefined = undefined;
  readonly metadata: unknown;
  /** How a message with this metadata must be encoded. */
  readonly form: number;
  readonly meta: MessageMeta | undefined;
  /** Begins it; undefined if it was under way when it was registered. */
  readonly begin: (() => unknown) | undefined;

  constructor(metadata: unknown, form: number, meta: MessageMeta | undefined, begin: (() => unknown) | undefined) {
    this.metadata = metadata;
    this.form = form;
    this.meta = meta;
    this.begin = begin;
  }

  /** What a checkpoint keeps of it. */
  get unknown(): object {
    return { kind: 'async', status: 'unknown', metadata: this.metadata };
  }
}

/** Nobody waits for a promise that was refused. If it rejects, that must not end the thread. */
export function leaveUnheard(work: unknown): void {
  if (work instanceof Promise) work.catch(() => {});
}

export class AsyncOperations {
  /** Called when one has ended and a turn is due. */
  onSettled: () => void = () => {};
  readonly #gate: MessageGate;
  readonly #effects: Effects;
  readonly #pending = new Set<AsyncOperation>();
  readonly #bounds: AsyncBounds;
  readonly #suspects: Suspects;
  #unbegun: AsyncOperation[] = [];
  #settled: AsyncOperation[] = [];

  /** `effects` are the shard's own. */
  constructor(gate: MessageGate, effects: Effects, bounds: AsyncBounds, suspects: Suspects) {
    this.#suspects = suspects;
    this.#bounds = bounds;
    this.#gate = gate;
    this.#effects = effects;
  }

  /** Those that are registered and whose results have not been sent. */
  get pending(): Iterable<AsyncOperation> {
    return this.#pending;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Whether a turn would get on with one. */
  get hasWork(): boolean {
    return this.#settled.length > 0 || this.#unbegun.length > 0;
  }

  /**
   * What an invocation wants to begin. Nothing comes of it until it is registered; the outcome of a promise that never
   * is goes unheard. Throws `MESSAGE_NOT_ENCODABLE` or `MESSAGE_TOO_LARGE` for metadata that cannot be a message.
   */
  prepare(metadata: unknown, work: unknown, meta: MessageMeta | undefined): AsyncOperation {
    const copy = this.#gate.admit({ kind: 'async', status: 'failure', metadata, error: REFUSAL }) as {
      readonly metadata: unknown;
    };
    const begin = typeof work === 'function' ? (work as () => unknown) : undefined;
    const operation = new AsyncOperation(copy.metadata, this.#gate.form, meta, begin);
    if (begin === undefined) this.#watch(operation, work);
    return operation;
  }

  /** Its invocation has returned. */
  register(operation: AsyncOperation, { functionIndex, hash, id }: Entity, binding: FunctionBinding): void {
    const load = this.#bounds.loadOf(binding);
    operation.entity = { functionIndex, hash, id };
    operation.load = load;
    operation.fingerprint = this.#suspects.fingerprint;
    load.isAsync = true;
    this.#pending.add(operation);
    this.#effects.announcedCount++;
    if (operation.begin !== undefined) {
      this.#queue(operation, load);
      return;
    }
    // It is under way, whether or not there is room.
    this.#bounds.begin(load.binding);
    this.#suspects.operationBegan(operation);
    if (operation.outcome !== undefined) this.#settled.push(operation);
  }

  /** Begins what was registered, and sends the results of what has ended. Returns how much there was to do. */
  work(): number {
    const unbegun = this.#unbegun;
    if (unbegun.length > 0) {
      this.#unbegun = [];
      for (const operation of unbegun) this.#begin(operation);
    }
    const settled = this.#settled;
    if (settled.length > 0) {
      this.#settled = [];
      for (const operation of settled) this.#send(operation);
    }
    return unbegun.length + settled.length;
  }

  /** Takes its room from now on, or waits for some. */
  #queue(operation: AsyncOperation, load: FunctionLoad): void {
    if (load.operations.length === 0 && this.#bounds.hasRoom(load)) {
      this.#bounds.begin(load.binding);
      this.#unbegun.push(operation);
      return;
    }
    load.operations.push(() => {
      this.#bounds.begin(load.binding);
      this.#begin(operation);
    });
    this.#bounds.update(load);
  }

  #begin(operation: AsyncOperation): void {
    this.#suspects.enterOperation(operation);
    try {
      this.#watch(operation, operation.begin?.());
    } catch (error) {
      this.#settle(operation, { failed: true, value: error });
    }
    this.#suspects.leave();
  }

  #watch(operation: AsyncOperation, work: unknown): void {
    Promise.resolve(work).then(
      (value: unknown) => this.#settle(operation, { failed: false, value }),
      (value: unknown) => this.#settle(operation, { failed: true, value }),
    );
  }

  #settle(operation: AsyncOperation, outcome: Outcome): void {
    operation.outcome = outcome;
    if (operation.entity === undefined) return;
    this.#settled.push(operation);
    this.onSettled();
  }

  #send(operation: AsyncOperation): void {
    const { failed, value } = operation.outcome as Outcome;
    this.#pending.delete(operation);
    this.#bounds.end((operation.load as FunctionLoad).binding);
    this.#suspects.operationEnded(operation);
    // It was counted when it was registered, and its message is counted now.
    this.#effects.announcedCount--;
    if (failed) this.#sendFailure(operation, value);
    else this.#trySend(operation, { status: 'success', value }, (error) => this.#sendFailure(operation, error));
  }

  #sendFailure(operation: AsyncOperation, thrown: unknown): void {
    const { name, message, code, stack } = failureOf(thrown);
    this.#trySend(operation, { status: 'failure', error: { name, message, code, stack } }, () => {
      this.#trySend(operation, { status: 'failure', error: REFUSAL }, (error) => {
        throw error;
      });
    });
  }

  /** Sends the result; `refused` is called if it cannot be a message. */
  #trySend({ entity, metadata, meta }: AsyncOperation, result: object, refused: (error: unknown) => void): void {
    const { functionIndex, id } = entity as Entity;
    try {
      this.#effects.addMessage(functionIndex, id, { kind: 'async', metadata, ...result }, functionIndex, id, meta);
    } catch (error) {
      refused(error);
    }
  }
}
