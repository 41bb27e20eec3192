/**
 * How one is told to end what is under way, for those who are many: as much of an AbortController and its signal as they
 * need, with one listener at a time. A real one takes more time than the rest of a short call, and a kilobyte. Whoever
 * takes a `CallOffSignal` takes real signals, too.
 */
import { assert } from './assert.ts';

export interface CallOffListener {
  handleEvent(): void;
}

export interface CallOffSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: CallOffListener): void;
  removeEventListener(type: 'abort', listener: CallOffListener): void;
}

export class CallOff implements CallOffSignal {
  aborted = false;
  reason: unknown;
  #listener: CallOffListener | undefined;

  addEventListener(_type: 'abort', listener: CallOffListener): void {
    assert(this.#listener === undefined, 'one at a time listens for being called off');
    if (!this.aborted) this.#listener = listener;
  }

  removeEventListener(_type: 'abort', listener: CallOffListener): void {
    if (this.#listener === listener) this.#listener = undefined;
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.handleEvent();
  }
}
