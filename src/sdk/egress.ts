/**
 * Egresses: where results leave. A function hands a record to a named egress; a sink (or a consumer of
 * `engine.egress(x)`) gets each record once, in batches, one batch at a time. An egress belongs to the coordinator's
 * thread; what crosses from the shards is only the record.
 */
import { checkTypeName } from './address.ts';
import { describe, MillraceError } from './errors.ts';
import { checkDefinition, namesOf } from './known-fields.ts';
import type { CarriedTrace } from './trace.ts';
import { type AnySchema, checkWith, isSchema, type StandardSchema } from './schema.ts';

declare const record: unique symbol;

/** The name of an egress, with the type of its records. */
export interface EgressType<Record> {
  readonly kind?: 'egress';
  readonly type: string;
  readonly [record]?: (record: Record) => void;
}

/**
 * Where records go. The engine never writes while an earlier write is still pending: that is its back-pressure.
 *
 * With a data directory a sink gets records only when they are committed. One that fails or crashes after a write and
 * before the next checkpoint gets the same records again, with the same sequence numbers, by which it can tell. A
 * *transactional* sink, one with `position` and `sync`, gets each record exactly once instead: it is opened at the
 * position that the last checkpoint has, and takes back what it has written beyond.
 */
export interface EgressSink<Record> {
  /** Called once before the first batch; `position` is what the last checkpoint has, or undefined. */
  open?(position: unknown): void | Promise<void>;
  /**
   * `sequence` is the number of the first record in this egress, counted from 0; the others follow it. `traces` has, by
   * record, the trace of the invocation that made it; undefined where its message brought none, and for all if none did.
   */
  write(
    records: readonly Record[],
    sequence: number,
    traces?: readonly (CarriedTrace | undefined)[],
  ): void | Promise<void>;
  /** What has been written so far, as plain data; asked for after each write. */
  position?(): unknown;
  /** Resolves when what `position` has said is durable. */
  sync?(): Promise<void>;
  /** Called after the last batch, when the engine stops; and to let go of files, also after a failure, when it ends otherwise. */
  close?(): void | Promise<void>;
}

export interface Egress<Record> extends EgressType<Record> {
  readonly kind: 'egress';
  readonly sink: EgressSink<Record> | undefined;
  /** What its records must satisfy; its consumer gets what it makes of them. */
  readonly records?: AnySchema | undefined;
}

// oxlint-disable-next-line typescript/no-explicit-any -- what accepts every record type in a list
export type AnyEgress = Egress<any>;

const FIELDS = namesOf<AnyEgress>('type', 'sink', 'records');

/**
 * Names an egress and its records apart from its sink: for functions that hand records to an egress which another file
 * defines.
 *
 * @throws MillraceError `INVALID_TYPE_NAME`
 */
export function egressType<Record>(type: string): EgressType<Record> {
  return Object.freeze({ type: checkTypeName(type) });
}

/**
 * Declares an egress. Without a sink its records wait for a consumer of `engine.egress(x)`.
 *
 * @throws MillraceError `INVALID_TYPE_NAME` or `INVALID_DEFINITION`
 */
export function defineEgress<Record>(definition: {
  type: string | EgressType<Record>;
  sink?: EgressSink<Record>;
  /**
   * What a record must satisfy: any Standard Schema that answers at once. It is asked where a function hands the record
   * over, which throws `MESSAGE_INVALID` there, and the consumer gets what it gives.
   */
  records?: StandardSchema<unknown, Record>;
}): Egress<Record> {
  checkDefinition('egress', definition, FIELDS);
  const type = checkTypeName(typeof definition.type === 'string' ? definition.type : definition.type?.type);
  const { sink, records } = definition;
  if (records !== undefined && !isSchema(records)) {
    const what = `${type}: records must be a Standard Schema, not ${describe(records)}.`;
    throw new MillraceError('INVALID_DEFINITION', what);
  }
  if (sink !== undefined && typeof sink?.write !== 'function') {
    const what = `Egress ${type}: sink must have a function write, as ndjsonSink(…) does; it is ${describe(sink)}.`;
    throw new MillraceError('INVALID_DEFINITION', what);
  }
  return Object.freeze({ kind: 'egress' as const, type, sink, records });
}

/** What the schema of an egress makes of a record. Throws `MESSAGE_INVALID`. */
export function checkedRecord({ type, records }: AnyEgress, record: unknown): unknown {
  if (records === undefined) return record;
  const checked = checkWith(records, record);
  if (checked.refusal === undefined) return checked.value;
  throw new MillraceError('MESSAGE_INVALID', `The egress ${type} does not take this record: ${checked.refusal}`, {
    details: { egress: type },
  });
}
