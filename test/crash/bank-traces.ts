/**
 * Traces of the bank: most transfers are sent with one that can be told from their id, and whatever comes of them must
 * belong to it, through every crash, office and dead letter, to the line of the output; the others have none.
 */
import type { EgressSink, Trace, TraceContext } from '../../src/index.ts';
import type { Arrival, Transfer } from './bank-module.ts';

/** A line of the output. */
export interface TracedArrival extends Arrival {
  readonly traceparent?: string;
}

const CLIENT_SPAN = 'c11e27c11e27c11e';

function traceIdOf({ id, amount }: Transfer): string | undefined {
  return amount % 3 === 0 ? undefined : Buffer.from(id).toString('hex').padStart(32, '0');
}

/** For who sends a transfer from outside. */
export function traceOf(transfer: Transfer): { readonly trace?: TraceContext } {
  const traceId = traceIdOf(transfer);
  return traceId === undefined ? {} : { trace: { traceparent: `00-${traceId}-${CLIENT_SPAN}-01` } };
}

/** Whether this is of the trace of the transfer, or of none where it has none; and never of the client's span itself. */
export function isTraceparentOf(transfer: Transfer, traceparent: string | undefined): boolean {
  if (traceparent === undefined) return traceIdOf(transfer) === undefined;
  const [, traceId, spanId] = traceparent.split('-');
  return traceId === traceIdOf(transfer) && spanId !== CLIENT_SPAN;
}

export function isTraced({ trace }: { readonly trace: Trace | undefined }, transfer: Transfer): boolean {
  return isTraceparentOf(transfer, trace?.traceparent);
}

/** Writes with each record of which trace it is. */
export function tracedSink(sink: EgressSink<Arrival>): EgressSink<Arrival> {
  return {
    open: (position) => sink.open?.(position),
    write(records, sequence, traces) {
      const lines = records.map((record, index) => ({ ...record, traceparent: traces?.[index]?.traceparent }));
      return sink.write(lines, sequence);
    },
    position: () => sink.position?.(),
    sync: async () => await sink.sync?.(),
    close: () => sink.close?.(),
  };
}
