/**
 * All-to-all against Apache Flink StateFun with an embedded function: a checkpoint every second for both, Flink's state on
 * the heap or in RocksDB. Every message counts at its entity and sends one to an entity at random; the same numbers of
 * entities and of messages in flight, and as many task slots as shards. The checksum is the sum of all counters.
 */
import type { Benchmark, Contender } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { allToAllOnFlink, type FlinkStateBackend } from '../rival/flink/flink-all-to-all.ts';
import { FLINK_MISSING } from '../rival/flink/flink-greetings.ts';
import { describeDurable, durableContender } from './all-to-all-durable.ts';

const ON_THE_HEAP = 'Flink StateFun 3.3, embedded';
const IN_ROCKSDB = 'Flink StateFun 3.3, embedded, RocksDB';
const INTERVAL_MS = 1_000;
/** A JVM compiles for some seconds. */
const WARM_SECONDS = 8;
const SECONDS_MIN = 5;

export const allToAllFlink: Benchmark = {
  name: 'all-to-all, Flink',
  unit: 'messages/s',
  describe: ({ entities, inflight, shards, intervalMs = INTERVAL_MS }) =>
    describeDurable({ entities, inflight, shards }, intervalMs),
  figures: [{ rival: ON_THE_HEAP, atLeast: 10 }],
  contenders(options) {
    const { entities, inflight, shards, seconds, intervalMs = INTERVAL_MS } = options;
    return [
      durableContender({ entities, inflight, shards }, seconds, intervalMs),
      contender(ON_THE_HEAP, 'hashmap', options),
      contender(IN_ROCKSDB, 'rocksdb', options),
    ];
  },
};

function contender(name: string, stateBackend: FlinkStateBackend, options: Options): Contender {
  const { size, entities, inflight, shards, seconds, intervalMs = INTERVAL_MS } = options;
  const missing = size === 'smoke' ? 'starting a JVM is nothing for the smoke size' : FLINK_MISSING;
  const load = { entities, inflight: inflight * shards, parallelism: shards, checkpointMs: intervalMs, stateBackend };
  const times = { warmSeconds: WARM_SECONDS, seconds: Math.max(seconds, SECONDS_MIN) };
  return { name, missing, measure: () => allToAllOnFlink({ ...load, ...times }) };
}
