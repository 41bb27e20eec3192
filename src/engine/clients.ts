/**
 * What programs ask of the engine: to send, to ask, to commit. Nothing here waits for anything on the way of a message;
 * a caller gets a promise that others settle.
 */
import { setImmediate } from 'node:timers/promises';
import type { MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { OutsideMessageOptions } from '../sdk/message-options.ts';
import type { Asker } from './askers.ts';
import type { Coordinator } from './coordinator.ts';
import { checkIdempotencyKey, IdempotencyKeys } from './idempotency-keys.ts';
import type { OutsideLatencies } from './outside-latencies.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Sends that are let go at once. */
const FLUSH_COUNT = 64;
/** Sends that are accepted in one turn of the event loop. */
const TURN_COUNT = 512;
const DONE: Promise<void> = Promise.resolve();

type Target = string | FunctionType<never>;

/** A question under way. */
export interface Ask {
  /** Ends the wait with an error; a later reply is dropped. */
  giveUp(error: MillraceError): void;
}

/** What an asker may say beside the message. */
export type AskDetails = Pick<OutsideMessageOptions, 'trace'>;

export interface ClientHooks {
  /** Throws if the engine takes nothing. */
  checkRunning(): void;
  flush(): void;
  /** Sends of one turn of the event loop go out together. */
  flushSoon(): void;
  /** Times what they wait for, if it is there. */
  readonly latencies?: OutsideLatencies;
}

export class Clients {
  readonly #coordinator: Coordinator;
  readonly #waiting: WaitingRoom;
  readonly #keys: IdempotencyKeys;
  readonly #hooks: ClientHooks;
  readonly #latencies: OutsideLatencies | undefined;
  /** Since the last turn that senders have waited for, and the one that they wait for. */
  #sendCount = 0;
  #turn: Promise<void> | undefined;

  constructor(coordinator: Coordinator, waiting: WaitingRoom, keyCountMax: number, hooks: ClientHooks) {
    this.#coordinator = coordinator;
    this.#waiting = waiting;
    this.#keys = coordinator.checkpoints?.keys ?? new IdempotencyKeys(keyCountMax, []);
    this.#hooks = hooks;
    this.#latencies = hooks.latencies;
  }

  send(
    target: Target,
    id: string,
    message: unknown,
    untilCommitted: boolean,
    idempotencyKey: string | undefined,
    options?: OutsideMessageOptions,
  ): Promise<void> {
    const { checkpoints } = this.#coordinator;
    try {
      this.#hooks.checkRunning();
      const key = checkIdempotencyKey(idempotencyKey);
      const known = key === undefined ? undefined : this.#admit(key);
      if (known !== undefined) return untilCommitted ? (checkpoints?.whenCommitted(known) ?? DONE) : DONE;
      this.#sendNew(target, id, message, key, options);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- it is what the engine threw, a MillraceError
      return Promise.reject(error);
    }
    const committed = untilCommitted ? checkpoints?.waiters.next() : undefined;
    if (this.#coordinator.sendCount >= FLUSH_COUNT) this.#hooks.flush();
    else this.#hooks.flushSoon();
    const { input, directory } = this.#coordinator;
    if (committed !== undefined) {
      this.#latencies?.waits(committed);
      return input.flooded.count > 0 ? this.#committedAndTaken(committed, target, id) : committed;
    }
    const admission = input.flooded.count > 0 ? input.askFor(directory.numberFromOutside(target), id) : input.ask();
    return admission === undefined ? this.#yield() : this.#waiting.orFailure(admission);
  }

  /**
   * Whoever sends to a flooded target is held back there, after the commit, too. An engine that ends meanwhile takes
   * nothing back: it is committed, and that is what the sender is told.
   */
  async #committedAndTaken(committed: Promise<void>, target: Target, id: string): Promise<void> {
    await committed;
    const { input, directory } = this.#coordinator;
    const flood = input.flooded.ask(directory.numberFromOutside(target), id);
    if (flood !== undefined) await this.#waiting.orFailure(flood).catch(() => {});
  }

  /**
   * Now and then senders wait for a turn of the event loop. Otherwise somebody who sends in a loop keeps the thread until
   * all credit is used up, and what shards have to say, such as that an address is flooded, is not heard meanwhile.
   */
  #yield(): Promise<void> {
    if (this.#turn === undefined && ++this.#sendCount >= TURN_COUNT) {
      this.#sendCount = 0;
      this.#turn = setImmediate().then(() => {
        this.#turn = undefined;
      });
    }
    return this.#turn ?? DONE;
  }

  /** The epoch of a key that is known already; what is sent now belongs to the epoch that goes on. */
  #admit(key: string): number | undefined {
    return this.#keys.admit(key, this.#coordinator.checkpoints?.machine.epoch ?? 0);
  }

  #sendNew(
    target: Target,
    id: string,
    message: unknown,
    key: string | undefined,
    options?: OutsideMessageOptions,
  ): void {
    try {
      this.#coordinator.send(target, id, message, options);
    } catch (error) {
      if (key !== undefined) this.#keys.forget(key);
      throw error;
    }
  }

  /** Throws a coded error, with nothing sent. */
  ask(target: Target, id: string, message: unknown, asker: Asker, untilCommitted: boolean, options?: AskDetails): Ask {
    this.#hooks.checkRunning();
    const failed = (error: MillraceError): void => {
      this.#waiting.leave(failed);
      asker.failed(error);
    };
    const beganMs = this.#latencies?.now() ?? 0;
    const replied = (reply: unknown): void => {
      this.#latencies?.asked(beganMs);
      this.#waiting.leave(failed);
      asker.replied(reply);
    };
    const number = this.#coordinator.ask(target, id, message, { replied, failed }, untilCommitted, options);
    this.#waiting.enter(failed);
    // Somebody waits: as soon as the calling code yields.
    queueMicrotask(() => this.#hooks.flush());
    return {
      giveUp: (error) => {
        this.#coordinator.forget(number);
        failed(error);
      },
    };
  }

  /** Resolves when everything sent so far is committed. */
  async checkpoint(): Promise<void> {
    this.#waiting.throwFailure();
    const ordered = this.#coordinator.checkpoints?.order();
    if (ordered === undefined) return;
    this.#hooks.flush();
    await ordered;
  }
}
