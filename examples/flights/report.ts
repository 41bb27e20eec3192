/**
 * What a run ends with: the ten busiest airports, and how fast it was.
 */
import { build, type Histogram } from 'hdr-histogram-js';
import type { EgressSink } from '../../src/index.ts';
import type { AirportSummary, Summary } from './module.ts';

const TOP_COUNT = 10;
/** Departure, flight, arrival. */
const MESSAGES_PER_FLIGHT = 3;
const LONGEST_LATENCY_US = 600_000_000;

/** Gathers latencies in an HDR histogram: exact to three digits, however many there are. */
export class LatencyGauge implements EgressSink<number> {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    highestTrackableValue: LONGEST_LATENCY_US,
    numberOfSignificantValueDigits: 3,
  });

  write(latencies: readonly number[]): void {
    for (const us of latencies) this.#histogram.recordValue(Math.min(Math.max(us, 1), LONGEST_LATENCY_US));
  }

  text(): string {
    const at = (percentile: number): string =>
      `${(this.#histogram.getValueAtPercentile(percentile) / 1000).toFixed(1)} ms`;
    return `p50 ${at(50)}   p99 ${at(99)}   p99.9 ${at(99.9)}`;
  }
}

function minutes(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}

function hour(value: number | null): string {
  return value === null ? '-' : `${String(value).padStart(2, '0')}-${String(value + 1).padStart(2, '0')} h`;
}

function busiest(summaries: readonly Summary[]): AirportSummary[] {
  const traffic = ({ departures, arrivals }: AirportSummary): number => departures + arrivals;
  return summaries
    .filter((summary) => summary.kind === 'airport')
    .toSorted((a, b) => traffic(b) - traffic(a) || (a.id < b.id ? -1 : 1))
    .slice(0, TOP_COUNT);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join('   ')).join('\n');
}

export function table(summaries: readonly Summary[]): string {
  const rows = busiest(summaries).map((airport) => [
    airport.id,
    airport.departures.toLocaleString('en'),
    airport.arrivals.toLocaleString('en'),
    minutes(airport.meanDelay, 1),
    minutes(airport.worstDelay, 0),
    hour(airport.busiestHour),
  ]);
  return aligned([['airport', 'departures', 'arrivals', 'mean delay', 'worst delay', 'busiest'], ...rows]);
}

export function pace(flightCount: number, seconds: number, shardCount: number): string {
  const messageCount = flightCount * MESSAGES_PER_FLIGHT;
  const perSecond = Math.round(messageCount / Math.max(seconds, 0.001));
  const [flights, messages, rate] = [flightCount, messageCount, perSecond].map((count) => count.toLocaleString('en'));
  return `${flights} flights, ${messages} messages in ${seconds.toFixed(2)} s on ${shardCount} shards: ${rate} messages/s`;
}
