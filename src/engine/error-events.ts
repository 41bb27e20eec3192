/**
 * Errors that nobody waits for: to the listeners of the program, or, when it has none, to Node's process warnings, so
 * that they are seen and yet bring nothing down.
 */
import { EventEmitter } from 'node:events';
import type { MillraceError } from '../sdk/errors.ts';

/** Events of an engine: `error` for everything that went wrong without anybody waiting for it. */
export interface EngineEvents {
  error: [error: MillraceError];
}

export class ErrorEvents extends EventEmitter<EngineEvents> {
  report(error: MillraceError): void {
    if (this.listenerCount('error') === 0) {
      process.emitWarning(error.message, { type: 'MillraceWarning', code: error.code });
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
