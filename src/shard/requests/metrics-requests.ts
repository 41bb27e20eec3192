/**
 * What a shard says of itself when it is asked: numbers as they are between two turns, and the latencies that it has
 * measured since it was asked last, which it then forgets. Asking costs the shard what going through two histograms does.
 */
import type { PortableLatencies } from '../../metrics/latency-set.ts';
import type { Mailbox } from '../delivery/mailbox.ts';
import type { OutboundChannels } from '../outbound-channels.ts';
import { doneAtOnce, type RequestTopics } from './requests.ts';
import type { Workplace } from '../workplace.ts';

/** What a shard has counted of one function since its thread started. */
export interface FunctionCounts {
  /** Messages that its invocations were given; those that came again after a failure count again. */
  readonly messageCount: number;
  /** Invocations that failed, whether or not they were tried again. */
  readonly failureCount: number;
  /** What it has counted itself with `ctx.count`, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

/** A shard between two turns. */
export interface ShardMetrics {
  readonly shard: number;
  /** Messages that its invocations were given since its thread started. */
  readonly messageCount: number;
  readonly failureCount: number;
  /** Own messages that are about to be handled. */
  readonly mailboxCount: number;
  /** Messages that wait for an address or a function that is busy. */
  readonly heldCount: number;
  /** Async invocations and operations of `ctx.async` that are under way. */
  readonly asyncCount: number;
  /** Envelopes for other threads that have found no room in a ring. */
  readonly crowdedCount: number;
  /** Memory of messages that wait encoded. */
  readonly overflowBytes: number;
  /** Entities in memory. */
  readonly entityCount: number;
  /** Entities and rows that are in memory because the store does not have what they are now. */
  readonly unfoldedCount: number;
}

export interface PortableMetrics {
  readonly numbers: Omit<ShardMetrics, 'shard'>;
  readonly functions: readonly (readonly [type: string, counts: FunctionCounts])[];
}

export interface MetricsPlace {
  readonly workplace: Workplace;
  readonly mailbox: Mailbox;
  readonly outbound: OutboundChannels;
}

export function metricsTopics(place: MetricsPlace): RequestTopics {
  const { latencies } = place.workplace.meter;
  return {
    'metrics.read': () => doneAtOnce(() => ({ count: 0, isDone: true, value: readMetrics(place) })),
    'metrics.latencies': () =>
      doneAtOnce(() => {
        const value: PortableLatencies = latencies.take();
        return { count: 0, isDone: true, value };
      }),
  };
}

function readMetrics({ workplace, mailbox, outbound }: MetricsPlace): PortableMetrics {
  const { directory, entities, held, meter, rows } = workplace;
  const functions = directory.bindings.map(({ type, index }): readonly [string, FunctionCounts] => [
    type,
    {
      messageCount: meter.messageCount(index),
      failureCount: meter.failureCount(index),
      counters: meter.counters.of(index),
    },
  ]);
  const numbers = {
    messageCount: functions.reduce((sum, [, { messageCount }]) => sum + messageCount, 0),
    failureCount: functions.reduce((sum, [, { failureCount }]) => sum + failureCount, 0),
    mailboxCount: mailbox.count,
    heldCount: held.waitingCount,
    asyncCount: held.bounds.count,
    crowdedCount: outbound.waitingCount,
    overflowBytes: mailbox.memoryBytes + held.memoryBytes + outbound.memoryBytes,
    entityCount: entities.size,
    unfoldedCount: rows.dirty.pinnedCount,
  };
  return { functions, numbers };
}
