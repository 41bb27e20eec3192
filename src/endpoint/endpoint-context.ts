/**
 * The Context of one invocation behind an endpoint: to user code the same as in the engine. Everything here checks that
 * the invocation is still under way, adds to the effects of its batch, and refuses what StateFun's protocol cannot carry.
 */
import { checkCount } from '../metrics/user-counters.ts';
import { type Address, ID_LENGTH_MAX, invalidId, isNamespace, isTypeName } from '../sdk/address.ts';
import { type Duration, readDuration } from '../sdk/duration.ts';
import { checkedRecord, type EgressType } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { Context, FunctionType } from '../sdk/function.ts';
import { checkedMessage } from '../sdk/message-check.ts';
import { checkMessageOptions, MESSAGE_OPTIONS, type MessageOptions } from '../sdk/message-options.ts';
import { checkToken, type PendingTimer, TIMER_OPTIONS, type TimerOptions } from '../sdk/timer.ts';
import type { CellHolder } from '../state/state-view.ts';
import type { SentMessage } from '../statefun/protocol.ts';
import type { CollectedEffects } from './batch-effects.ts';
import type { BatchOperations } from './batch-operations.ts';
import type { BatchState } from './batch-state.ts';
import type { Caller } from './caller.ts';
import type { EndpointPlace } from './endpoint-place.ts';
import { InvocationWatch } from './invocation-watch.ts';
import { notOnStatefun } from './not-on-statefun.ts';
import type { ServedFunction } from './served-function.ts';

/** As in the engine. */
const ASKER_TYPE = 'millrace/asker';
/** A delay that ends at a time which a Date can say. */
const DELAY_MS_MAX = 8.64e15;

/** What the invocations of one batch share. */
export interface BatchParts {
  readonly place: EndpointPlace;
  readonly served: ServedFunction;
  readonly self: Address;
  readonly caller: Caller;
  readonly state: BatchState;
  readonly effects: CollectedEffects;
  /** What its invocations have begun and do not wait for; made when it is asked for. */
  readonly operations: BatchOperations;
  /** The state as this invocation sees it, from now on and for as long as it is the one that is under way. */
  viewFor(invocation: CellHolder): object;
  /** An invocation that began then takes longer than its deadline: the log learns of it. */
  overdue(startedAt: number): MillraceError;
}

type Target = string | FunctionType<never>;

export class EndpointContext implements Context<never>, CellHolder {
  readonly #batch: BatchParts;
  readonly #caller: Address | undefined;
  readonly #startedAt: number;
  #watch: InvocationWatch | undefined = undefined;
  #view: object | undefined = undefined;
  #isOver = false;

  /** `startedAt` counts only for a function with a deadline. */
  constructor(batch: BatchParts, caller: Address | undefined, startedAt: number) {
    this.#batch = batch;
    this.#caller = caller;
    this.#startedAt = startedAt;
  }

  /** Made when somebody wants it. */
  get watch(): InvocationWatch {
    const batch = this.#batch;
    const overdue = () => batch.overdue(this.#startedAt);
    this.#watch ??= new InvocationWatch(batch.served.fn.deadlineMs, batch.caller, overdue);
    return this.#watch;
  }

  /** From now on it refuses everything. */
  end(): void {
    this.#isOver = true;
  }

  #check(): void {
    if (!this.#isOver) return;
    const what = `${this.#batch.self.type}: the context of an invocation was used after the invocation had ended.`;
    throw new MillraceError('CONTEXT_EXPIRED', what);
  }

  // -- cells, for the state view

  readCell(index: number): unknown {
    this.#check();
    return this.#batch.state.read(index);
  }

  writeCell(index: number, value: unknown): void {
    this.#check();
    this.#batch.state.write(index, value);
  }

  handle(): never {
    return this.#refuse('tables and lists');
  }

  // -- what user code sees

  get self(): Address {
    this.#check();
    const { type, id } = this.#batch.self;
    return { type, id };
  }

  get caller(): Address | undefined {
    this.#check();
    return this.#caller;
  }

  get trace(): undefined {
    this.#check();
    return undefined;
  }

  get missed(): undefined {
    this.#check();
    return undefined;
  }

  get state(): never {
    // Each time, since a later invocation may have the same view.
    this.#check();
    this.#view ??= this.#batch.viewFor(this);
    return this.#view as never;
  }

  get signal(): AbortSignal {
    this.#check();
    return this.watch.signal;
  }

  clear(name: string): void {
    this.#check();
    const index = this.#batch.served.states.findIndex((state) => state.name === name);
    // The same error as for assigning to such a name.
    if (index === -1) throw new TypeError(`${this.#batch.self.type} declares no state ${describe(name)}.`);
    this.#batch.state.clear(index);
  }

  send(target: Target, id: string, message: unknown, options?: MessageOptions): void {
    this.#check();
    this.#checkOptions('ctx.send', options, MESSAGE_OPTIONS);
    this.#batch.effects.send(this.#message(target, id, message));
  }

  reply(message: unknown): void {
    this.#check();
    if (this.#caller !== undefined) {
      this.#batch.effects.send(this.#message(this.#caller.type, this.#caller.id, message));
      return;
    }
    const { type, id } = this.#batch.self;
    const what = `${type} ${describe(id)}: this message came without a caller to reply to.`;
    throw new MillraceError('REPLY_WITHOUT_CALLER', what);
  }

  egress(target: string | EgressType<never>, record: unknown): void {
    this.#check();
    const { functions, mapping } = this.#batch.place;
    const type: unknown = typeof target === 'string' ? target : target?.type;
    const egress = typeof type === 'string' ? functions.egress(type) : undefined;
    if (egress === undefined) {
      throw new MillraceError('UNKNOWN_EGRESS', `No egress of this module is named ${describe(type)}.`);
    }
    const given = checkedRecord(egress, record);
    this.#batch.effects.egress({ egress: egress.type, argument: mapping.record(given, egress.type) });
  }

  sendAfter(delay: Duration, target: Target, id: string, message: unknown, options?: TimerOptions): void {
    this.#check();
    this.#checkOptions('ctx.sendAfter', options, TIMER_OPTIONS);
    if (options?.late === 'skip') this.#refuse("late: 'skip'");
    const delayMs = readDuration(delay);
    if (delayMs === undefined || delayMs > DELAY_MS_MAX) {
      const allowed = 'it is a number of milliseconds, not negative, or a text such as "30 days"';
      throw new MillraceError('INVALID_DELAY', `The delay ${describe(delay)} is not allowed: ${allowed}.`);
    }
    const token = options?.token === undefined ? '' : checkToken(options.token);
    this.#batch.effects.sendAfter(delayMs, token, this.#message(target, id, message));
  }

  /**
   * Only the cluster knows what is pending: true means that it is cancelled if it is, false that it cannot be, since this
   * batch has cancelled it already.
   */
  cancel(token: string): boolean {
    this.#check();
    return this.#batch.effects.cancel(checkToken(token));
  }

  delete(): never {
    return this.#refuse('ctx.delete', 'clear each state, and cancel timers by their tokens');
  }

  async(metadata: unknown, work: unknown): void {
    this.#check();
    this.#batch.operations.add(metadata, work);
  }

  schedule(): never {
    return this.#refuse('ctx.schedule', 'send the next message with ctx.sendAfter when one has come');
  }

  // oxlint-disable-next-line typescript/promise-function-async -- refused at the call, like what stands beside it
  timers(): Promise<PendingTimer[]> {
    return this.#refuse('ctx.timers', 'keep what is pending in state');
  }

  /** A cluster has no counters of remote functions. */
  count(name: string, amount: number = 1): void {
    this.#check();
    checkCount(name, amount);
  }

  now(): number {
    this.#check();
    return this.#batch.place.clock.now();
  }

  random(): number {
    this.#check();
    return this.#batch.place.random();
  }

  #checkOptions(call: string, options: MessageOptions | undefined, names: ReadonlySet<string>): void {
    if (options !== undefined) checkMessageOptions(call, options, names);
    if (options?.ifExists === true) this.#refuse('ifExists', 'let the target look at its state');
  }

  #refuse(what: string, instead?: string): never {
    this.#check();
    const { type, id } = this.#batch.self;
    const advice = instead === undefined ? '' : ` Instead, ${instead}.`;
    throw notOnStatefun(`${type} ${describe(id)}: StateFun has nothing like ${what}.${advice}`);
  }

  /** Throws `UNKNOWN_FUNCTION`, `INVALID_ID`, `MESSAGE_INVALID` or `MESSAGE_NOT_ENCODABLE`. */
  #message(target: Target, id: string, message: unknown): SentMessage {
    const { functions, mapping } = this.#batch.place;
    const type: unknown = typeof target === 'string' ? target : target?.type;
    if (!isTypeName(type) || isNamespace(type)) {
      throw new MillraceError('UNKNOWN_FUNCTION', `No function can be named ${describe(type)}.`);
    }
    if (typeof id !== 'string' || id.length === 0 || id.length > ID_LENGTH_MAX) throw invalidId(id);
    // What it is in this module must be right; what is elsewhere in the cluster is not known here.
    const messages = type === ASKER_TYPE ? undefined : functions.find(type)?.fn.messages;
    if (messages !== undefined) checkedMessage(type, messages, message);
    return { target: { type, id }, argument: mapping.message(message, type) };
  }
}
