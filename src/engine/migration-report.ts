/**
 * What `checkMigrations` says: how much was run through new code, and what of it fails. Failures are counted here, of all
 * kinds; only the first of them are kept.
 */
import { describe, MillraceError } from '../sdk/errors.ts';

/**
 * Where a message was found: on its way, pending until its time comes (a schedule's, too), waiting for a parked address, or
 * among the dead letters.
 */
export type MessageKind = 'in-flight' | 'delayed' | 'parked' | 'dead-letter';

/** A value or a message that the code refuses. */
export interface MigrationFailure {
  readonly type: string;
  readonly id: string;
  /** Undefined for a message to this address. */
  readonly state: string | undefined;
  /** Of a table's entry its key, of a list's element its index among those that have not expired; else undefined. */
  readonly key: string | number | undefined;
  /** Undefined for a value. */
  readonly message: MessageKind | undefined;
  /**
   * `STATE_MIGRATION_FAILED`, `STATE_INVALID` or `MESSAGE_INVALID`; `UNKNOWN_FUNCTION` for a message to nobody,
   * `INVALID_TIMER` for a schedule that can no longer be read.
   */
  readonly error: MillraceError;
}

/** What was found of one state. */
export interface StateCheck {
  readonly type: string;
  readonly state: string;
  readonly valueCount: number;
  readonly failureCount: number;
  /** How many values there are of each version. */
  readonly versions: Readonly<Record<number, number>>;
}

/** What was found of messages of one kind. */
export interface MessageCheck {
  readonly messageCount: number;
  readonly failureCount: number;
}

/** What `checkMigrations` has found. */
export interface MigrationReport {
  /** Values, entries of tables and elements of lists that were run through the code. Those that have expired are not: nobody will see them again. */
  readonly valueCount: number;
  /** Messages of all kinds. */
  readonly messageCount: number;
  /** Values and messages of all kinds, dead letters, too. */
  readonly failureCount: number;
  /** The first of them. */
  readonly failures: readonly MigrationFailure[];
  readonly byState: readonly StateCheck[];
  readonly byMessage: Readonly<Record<MessageKind, MessageCheck>>;
  /** Entities of functions that the module does not have; their state stays where it is. */
  readonly unknownCount: number;
}

/** Counts of one state or of one kind of messages, as they grow. */
export interface Tally {
  count: number;
  failureCount: number;
}

export class MigrationFailures {
  readonly kept: MigrationFailure[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** One more of what `tally` counts. `error` is whatever was thrown. */
  add(tally: Tally, failure: Omit<MigrationFailure, 'error'>, error: unknown): void {
    tally.failureCount++;
    if (this.isFull) return;
    this.kept.push({ ...failure, error: coded(error, failure.type, failure.id) });
  }

  /** Whether those that come are only counted. */
  get isFull(): boolean {
    return this.kept.length >= this.#max;
  }
}

/** A schema may give what cannot be state, which is another kind of error than the guard's own. */
function coded(error: unknown, type: string, id: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const reason = error instanceof Error ? error.message : describe(error);
  return new MillraceError('STATE_INVALID', `${type} ${describe(id)}: ${reason}`, { cause: error });
}
