/**
 * All-to-all against Apache Flink StateFun with an embedded function: ours with a checkpoint every 100 ms, the Flink with
 * one every second, its state on the heap. Every message counts at its entity and sends one to an entity at random; the
 * same numbers of entities and of messages in flight, and as many task slots as shards. The checksum is the sum of all
 * counters.
 */
import { type Benchmark, OURS } from '../harness/benchmark.ts';
import { allToAllOnFlink } from '../rival/flink/flink-all-to-all.ts';
import { FLINK_MISSING } from '../rival/flink/flink-greetings.ts';
import { allToAllDurable } from './all-to-all-durable.ts';

const FLINK = 'Flink StateFun 3.3, embedded';
/** A JVM compiles for some seconds. */
const WARM_SECONDS = 8;
const SECONDS_MIN = 5;

export const allToAllFlink: Benchmark = {
  name: 'all-to-all, Flink',
  unit: 'messages/s',
  describe: (options) => allToAllDurable.describe(options),
  figures: [{ rival: FLINK, atLeast: 10 }],
  contenders(options) {
    const { size, entities, inflight, shards, seconds } = options;
    const ours = allToAllDurable.contenders(options).filter(({ name }) => name === OURS);
    const missing = size === 'smoke' ? 'starting a JVM is nothing for the smoke size' : FLINK_MISSING;
    const load = { entities, inflight: inflight * shards, parallelism: shards };
    const times = { warmSeconds: WARM_SECONDS, seconds: Math.max(seconds, SECONDS_MIN) };
    return [...ours, { name: FLINK, missing, measure: () => allToAllOnFlink({ ...load, ...times }) }];
  },
};
