/**
 * What all offices of the bank have in common: how they say what they have done, and what they refuse until the bank is
 * *healed*, in the life that finishes.
 */
import type { Arrival } from './bank-module.ts';

export const HEALED_VARIABLE = 'CRASH_HEALED';
export const REFUSED = 'refused until the bank is healed';
export const isHealed: boolean = process.env[HEALED_VARIABLE] !== undefined;

/** Names the deed for which this life is to be ended; some happen in no other. */
export const ORDEAL_VARIABLE = 'CRASH_ORDEAL';
export const ordeal: string | undefined = process.env[ORDEAL_VARIABLE];

export interface OfficeState {
  /** Of the amounts that it has handled. */
  readonly sum: number;
  readonly count: number;
  /** How often something was not as it must be. */
  readonly faultCount: number;
}
export const NOTHING_DONE: OfficeState = { sum: 0, count: 0, faultCount: 0 };

export function withOne(done: OfficeState, { amount }: Arrival, isRight: boolean = true): OfficeState {
  return { sum: done.sum + amount, count: done.count + 1, faultCount: done.faultCount + (isRight ? 0 : 1) };
}
