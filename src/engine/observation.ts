/**
 * `engine.metrics()` and `engine.latency()`: what a living engine says of itself. Every thread counts and times on its
 * own; here it is asked for and put together.
 */
import { encodeCounts, type LatencyHistogram } from '../metrics/latency.ts';
import type { LatencySet, PortableLatencies } from '../metrics/latency-set.ts';
import { meanOf, percentilesOf } from '../metrics/placed-counts.ts';
import { INGRESS_TO_INVOCATION, INVOCATION } from '../shard/meter.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import type { FunctionCounts, PortableMetrics, ShardMetrics } from '../shard/requests/metrics-requests.ts';
import { CHECKPOINT_PHASES, type CheckpointPhase, phaseName } from './checkpoint-phases.ts';
import type { Coordinator } from './coordinator.ts';
import type { Edges } from './edges.ts';
import { typed } from './option-checks.ts';
import { ASK, COMMIT, END_TO_END, type OutsideLatencies } from './outside-latencies.ts';
import type { ShardDoor } from './shard-door.ts';

const LATENCY_OPTIONS = namesOf<LatencyOptions>('reset');
const NS_PER_MS = 1_000_000;
const PERCENTAGES = [50, 90, 99, 99.9, 99.99] as const;

/** Of many values, in milliseconds, to three significant digits. */
export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly p9999Ms: number;
  readonly maxMs: number;
  /** The whole histogram, in nanoseconds: HDR's compressed form (V2) in base64, which the usual tools read and add up. */
  readonly histogram: string;
}

export interface LatencyOptions {
  /** Begins anew after this: the next call tells of what comes now. Default false. */
  readonly reset?: boolean;
}

/**
 * Undefined where nothing was measured yet. About one message from outside in 64 is followed, and one invocation in 256
 * timed; questions and checkpoints all are.
 */
export interface EngineLatency {
  /** From a message from outside (a client's, an ingress's) until its invocation begins. */
  readonly ingressToInvocation: LatencySummary | undefined;
  /** From the beginning of an invocation to its end; of an async one, until its promise has settled. */
  readonly invocation: LatencySummary | undefined;
  /** From a message from outside until an egress record that comes of it may leave: with a data directory, at its commit. */
  readonly endToEnd: LatencySummary | undefined;
  /** Of `engine.ask`. */
  readonly ask: LatencySummary | undefined;
  /** Of `engine.send` until its message is committed. */
  readonly commit: LatencySummary | undefined;
  /** Of checkpoints: until all shards have written their parts, then until those are synced, then until the manifest is. */
  readonly checkpoint: Readonly<Record<CheckpointPhase | 'total', LatencySummary | undefined>>;
}

export interface EngineMetrics {
  readonly shards: readonly ShardMetrics[];
  /** By function type: what all shards have counted since their threads started. */
  readonly functions: Readonly<Record<string, FunctionCounts>>;
  /** By ingress type: records that were taken since the engine started. */
  readonly ingresses: Readonly<Record<string, { readonly recordCount: number }>>;
  /** By egress type. */
  readonly egresses: Readonly<Record<string, EgressMetrics>>;
  /** Undefined without a data directory. */
  readonly checkpoints: { readonly count: number; readonly epoch: number } | undefined;
}

export interface EgressMetrics {
  /** Records that its consumer is not done with. */
  readonly pendingCount: number;
  /** Those of them that wait for a commit. */
  readonly heldCount: number;
  /** Records that its consumer is done with; with a data directory, since that was made. */
  readonly acknowledgedCount: number;
}

/** What of the engine is looked at. */
export interface ObservedEngine {
  readonly door: ShardDoor;
  readonly coordinator: Coordinator;
  readonly latencies: OutsideLatencies;
  readonly edges: Edges;
}

export class Observation {
  readonly #engine: ObservedEngine;

  constructor(engine: ObservedEngine) {
    this.#engine = engine;
  }

  async metrics(): Promise<EngineMetrics> {
    const { coordinator, edges } = this.#engine;
    const answers = (await this.#askAll('metrics.read')) as PortableMetrics[];
    return {
      shards: answers.map(({ numbers }, shard) => ({ shard, ...numbers })),
      functions: addUp(answers.flatMap(({ functions }) => functions)),
      ingresses: mapValues(edges.ingressCounts(), (recordCount) => ({ recordCount })),
      egresses: Object.fromEntries(
        coordinator.ledgers.map(({ type, pendingCount, heldCount, acknowledgedCount }) => [
          type,
          { pendingCount, heldCount, acknowledgedCount },
        ]),
      ),
      checkpoints: coordinator.checkpoints && {
        count: coordinator.checkpoints.phases.count,
        epoch: coordinator.checkpoints.lastEpoch,
      },
    };
  }

  /** Throws `INVALID_OPTION`, and what the shards throw. */
  async latency(options: LatencyOptions): Promise<EngineLatency> {
    checkFields('INVALID_OPTION', 'engine.latency', options, LATENCY_OPTIONS);
    const reset = typed('reset', options.reset, 'boolean', 'true or false') ?? false;
    const answers = (await this.#askAll('metrics.latencies')) as PortableLatencies[];
    // The shards have let go of what they say here, and say it once.
    const all = this.#engine.latencies.set;
    for (const latencies of answers) all.add(latencies);
    const summary = summarizeAll(all);
    if (reset) all.reset();
    return summary;
  }

  async #askAll(topic: string): Promise<unknown[]> {
    const { door } = this.#engine;
    const shards = Array.from({ length: door.shardCount }, (_, shard) => shard);
    const outcomes = shards.map((shard) => door.ask(shard, topic, null, { untilCommitted: false }));
    return (await Promise.all(outcomes)).map(({ value }) => value);
  }
}

function addUp(counts: readonly (readonly [string, FunctionCounts])[]): Record<string, FunctionCounts> {
  const sums = new Map<string, FunctionCounts>();
  for (const [type, { messageCount, failureCount, counters }] of counts) {
    const sum = sums.get(type) ?? { messageCount: 0, failureCount: 0, counters: {} };
    sums.set(type, {
      messageCount: sum.messageCount + messageCount,
      failureCount: sum.failureCount + failureCount,
      counters: addUpByName(sum.counters, counters),
    });
  }
  return Object.fromEntries(sums);
}

type Counters = FunctionCounts['counters'];

function addUpByName(some: Counters, others: Counters): Counters {
  const sums = new Map(Object.entries(some));
  for (const [name, count] of Object.entries(others)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

function mapValues<From, To>(from: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, map(value)]));
}

function summarizeAll(all: LatencySet): EngineLatency {
  const summaryOf = (name: string): LatencySummary | undefined => summarize(all.get(name));
  const phases = [...CHECKPOINT_PHASES, 'total' as const].map((phase) => [phase, summaryOf(phaseName(phase))]);
  return {
    ingressToInvocation: summaryOf(INGRESS_TO_INVOCATION),
    invocation: summaryOf(INVOCATION),
    endToEnd: summaryOf(END_TO_END),
    ask: summaryOf(ASK),
    commit: summaryOf(COMMIT),
    checkpoint: Object.fromEntries(phases) as EngineLatency['checkpoint'],
  };
}

function summarize(histogram: LatencyHistogram | undefined): LatencySummary | undefined {
  if (histogram === undefined || histogram.count === 0) return undefined;
  const counts = histogram.counts();
  const [p50Ms, p90Ms, p99Ms, p999Ms, p9999Ms] = percentilesOf(counts, PERCENTAGES).map((ns) => ns / NS_PER_MS);
  return {
    count: histogram.count,
    meanMs: meanOf(counts) / NS_PER_MS,
    p50Ms,
    p90Ms,
    p99Ms,
    p999Ms,
    p9999Ms,
    maxMs: counts.max / NS_PER_MS,
    // Takes milliseconds, the first time tens of them, and few ask for it.
    get histogram() {
      return encodeCounts(counts);
    },
  };
}
