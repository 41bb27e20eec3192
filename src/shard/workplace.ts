/**
 * What all invocations of a shard share: the shard's own parts, as far as an invocation works with them.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { EntityTable } from '../state/entity-table.ts';
import type { EnvelopeReader } from '../wire/envelope-reader.ts';
import type { MessageGate } from '../wire/message-gate.ts';
import type { Effects } from './invocation/effects.ts';
import type { ExpiryDues } from './rows/expiry-dues.ts';
import type { Failures } from './failing/failures.ts';
import type { Directory } from './function-binding.ts';
import type { HeldWork } from './delivery/held-work.ts';
import type { Meter } from './meter.ts';
import type { Parking } from './failing/parking.ts';
import type { Rows } from './rows/rows.ts';
import type { Suspects } from './failing/suspects.ts';
import type { Timers } from './time/timers.ts';

/** What all invocations of a shard share. */
export interface Workplace {
  readonly directory: Directory;
  /** The shard's own effects, where invocations in place add theirs. */
  readonly effects: Effects;
  readonly entities: EntityTable;
  readonly gate: MessageGate;
  readonly reader: EnvelopeReader;
  readonly clock: Clock;
  readonly random: Random;
  /** With `rows.dirty`, what is written of entities. */
  readonly rows: Rows;
  readonly dues: ExpiryDues;
  readonly failures: Failures;
  readonly parking: Parking;
  readonly held: HeldWork;
  readonly timers: Timers;
  readonly suspects: Suspects;
  readonly meter: Meter;
  /** Freezes state values. */
  readonly development: boolean;
  /** Checks that state values can be stored: where they will be, and in development. */
  readonly checksState: boolean;
}
