/**
 * Egresses: where results leave. A function hands a record to a named egress; a sink (or a consumer of
 * `engine.egress(x)`) gets each record once, in batches, one batch at a time. An egress belongs to the coordinator's
 * thread; what crosses from the shards is only the record.
 */
import { checkTypeName } from './address.ts';

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
  /** `sequence` is the number of the first record in this egress, counted from 0; the others follow it. */
  write(records: readonly Record[], sequence: number): void | Promise<void>;
  /** What has been written so far, as plain data; asked for after each write. */
  position?(): unknown;
  /** Resolves when what `position` has said is durable. */
  sync?(): Promise<void>;
  /** Called once after the last batch, when the engine stops. */
  close?(): void | Promise<void>;
}

export interface Egress<Record> extends EgressType<Record> {
  readonly kind: 'egress';
  readonly sink: EgressSink<Record> | undefined;
}

// oxlint-disable-next-line typescript/no-explicit-any -- what accepts every record type in a list
export type AnyEgress = Egress<any>;

/**
 * Names an egress and its records apart from its sink: for functions that hand records to an egress which another file
 * defines.
 *
 * @throws MillraceError `INVALID_TYPE_NAME`
 */
export function egressType<Record>(type: string): EgressType<Record> {
  return Object.freeze({ type: checkTypeName(type) });
}

/** Declares an egress. Without a sink its records wait for a consumer of `engine.egress(x)`. */
export function defineEgress<Record>(definition: {
  type: string | EgressType<Record>;
  sink?: EgressSink<Record>;
}): Egress<Record> {
  const type = checkTypeName(typeof definition.type === 'string' ? definition.type : definition.type?.type);
  return Object.freeze({ kind: 'egress' as const, type, sink: definition.sink });
}
