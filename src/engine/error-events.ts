/**
 * Errors that nobody waits for: to the listeners of the program, or, when it has none, to Node's process warnings, so
 * that they are seen and yet bring nothing down. A program has no engine to listen to before `startEngine` has resolved,
 * and what was in flight at the last commit may fail at once; so errors are kept until it has had its turn.
 */
import { EventEmitter } from 'node:events';
import { describe, MillraceError } from '../sdk/errors.ts';
import { Warnings } from './warnings.ts';

/** Events of an engine: `error` for everything that went wrong without anybody waiting for it. */
export interface EngineEvents {
  error: [error: MillraceError];
}

const EVENTS: readonly unknown[] = ['error'] satisfies (keyof EngineEvents)[];

/** Throws `INVALID_OPTION`: who listens to an event that never comes would hear nothing, and never know. */
export function checkListener(call: string, event: unknown, listener: unknown): void {
  if (!EVENTS.includes(event)) {
    throw new MillraceError(
      'INVALID_OPTION',
      `${call}: there is no event ${describe(event)}; events are ${EVENTS.join(', ')}.`,
    );
  }
  if (typeof listener !== 'function') {
    throw new MillraceError('INVALID_OPTION', `${call}: the listener is ${describe(listener)}; allowed is a function.`);
  }
}

/** More than these are not kept, and become warnings. */
const EARLY_COUNT_MAX = 1024;

export class ErrorEvents extends EventEmitter<EngineEvents> {
  readonly #warnings = new Warnings();
  /** Those from before the program could listen; undefined from then on. */
  #early: MillraceError[] | undefined = [];

  /** The program has had its turn. */
  open(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const error of early) this.report(error);
  }

  report(error: MillraceError): void {
    if (this.#early !== undefined && this.#early.length < EARLY_COUNT_MAX) {
      this.#early.push(error);
      return;
    }
    if (this.listenerCount('error') === 0) {
      this.#warnings.warn(error);
      return;
    }
    try {
      this.emit('error', error);
    } catch (thrown) {
      // A listener's mistake is the program's, not the engine's.
      process.nextTick(() => {
        throw thrown;
      });
    }
  }
}
