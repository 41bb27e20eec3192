/**
 * Errors as Node's process warnings, for a program that does not listen to any: they are seen, and bring nothing down.
 * When everything fails at once, the first few of a code within a second are told in full and the others counted.
 */
import type { ErrorCode, MillraceError } from '../sdk/errors.ts';

/** Of one code, within a second. */
const WARNING_COUNT_MAX = 10;
const COUNT_MS = 1_000;
const TYPE = 'MillraceWarning';

export class Warnings {
  /** How many there have been in the second that is being counted, by code. */
  readonly #counts = new Map<ErrorCode, number>();

  warn({ code, message }: MillraceError): void {
    const count = this.#counts.get(code) ?? 0;
    this.#counts.set(code, count + 1);
    // The process may end before the second does.
    if (count === 0) setTimeout(() => this.#endSecond(code), COUNT_MS).unref();
    if (count < WARNING_COUNT_MAX) process.emitWarning(message, { type: TYPE, code });
  }

  #endSecond(code: ErrorCode): void {
    const untold = (this.#counts.get(code) ?? 0) - WARNING_COUNT_MAX;
    this.#counts.delete(code);
    if (untold <= 0) return;
    const text = `${untold} more within a second; engine.on('error', …) hears of each.`;
    process.emitWarning(text, { type: TYPE, code });
  }
}
