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

/** Where records go. The engine never calls it while an earlier call is still pending: that is its back-pressure. */
export interface EgressSink<Record> {
  /** Called once before the first batch. */
  open?(): void | Promise<void>;
  write(records: readonly Record[]): void | Promise<void>;
  /** Called once after the last batch, when the engine stops. */
  close?(): void | Promise<void>;
}

export interface Egress<Record> extends EgressType<Record> {
  readonly kind: 'egress';
  readonly sink: EgressSink<Record> | undefined;
}

// oxlint-disable-next-line typescript/no-explicit-any -- what accepts every record type in a list
export type AnyEgress = Egress<any>;

/** Declares an egress. Without a sink its records wait for a consumer of `engine.egress(x)`. */
export function defineEgress<Record>(definition: {
  type: string | EgressType<Record>;
  sink?: EgressSink<Record>;
}): Egress<Record> {
  const type = checkTypeName(typeof definition.type === 'string' ? definition.type : definition.type?.type);
  return Object.freeze({ kind: 'egress' as const, type, sink: definition.sink });
}
