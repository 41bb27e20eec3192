/**
 * All benchmarks there are, in the order in which they run: what matters most comes first. A new one is a file with its
 * topology and rivals, and a line here.
 */
import { bank } from './app/bank.ts';
import { commandTrees } from './app/command-trees.ts';
import { flights } from './app/flights.ts';
import { shoppingCart } from './app/cart.ts';
import { receipts } from './app/receipts.ts';
import { ycsbA, ycsbB } from './app/ycsb.ts';
import { allToAll } from './flow/all-to-all.ts';
import { allToAllFlink } from './flow/all-to-all-flink.ts';
import { allToAllRestate } from './flow/all-to-all-restate.ts';
import { askCommitted } from './flow/ask-committed.ts';
import { allToAllOpenLoop } from './flow/all-to-all-open-loop.ts';
import { allToAllDurable } from './flow/all-to-all-durable.ts';
import { asyncBeside } from './flow/async-beside.ts';
import { asyncWait } from './flow/async-wait.ts';
import { ask } from './flow/ask.ts';
import { askOpenLoop } from './flow/ask-open-loop.ts';
import { bigState } from './flow/big-state.ts';
import { commitAlone } from './flow/commit-alone.ts';
import { cutStall } from './flow/cut-stall.ts';
import { deadLetters } from './flow/dead-letters.ts';
import { delayed } from './flow/delayed.ts';
import { endpoint } from './flow/endpoint.ts';
import { fanIn } from './flow/fan-in.ts';
import { fanOut } from './flow/fan-out.ts';
import { hotAddress } from './flow/hot-address.ts';
import { keyedCounter } from './flow/keyed-counter.ts';
import { metricsCost } from './flow/metrics-cost.ts';
import { oneToOneOpenLoop } from './flow/one-to-one-open-loop.ts';
import { oneToOne } from './flow/one-to-one.ts';
import { pingPong } from './flow/ping-pong.ts';
import { remoteFlink, remoteFlinkLatency, remoteFlinkSdk } from './flow/remote-flink.ts';
import { remoteGreeter, remoteGreeterHot } from './flow/remote-greeter.ts';
import { restart, restartResharded } from './flow/restart.ts';
import { sendCommitted } from './flow/send-committed.ts';
import { tableTouch, tableTouchDurable } from './flow/table-touch.ts';
import { entityMemory } from './flow/entity-memory.ts';
import { idle } from './flow/idle.ts';
import { hotKey, largeMessages, pipeline } from './flow/varied-flows.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { microBenchmarks } from './harness/micro.ts';
import { changelogAppendSuites } from './micro/changelog-append.ts';
import { stateCellSuites } from './micro/state-cell.ts';
import { timerQueueSuites } from './micro/timer-queue.ts';
import { codecSuites } from './micro/codec.ts';
import { doorbellSuites } from './micro/doorbell.ts';
import { entityLookupSuites } from './micro/entity-lookup.ts';
import { entityRecordSuites } from './micro/entity-record.ts';
import { keyHashSuites } from './micro/key-hash.ts';
import { ringSuites } from './micro/ring-one-thread.ts';
import { ringTwoThreadsSuites } from './micro/ring-two-threads.ts';
import { statefunCodecSuites } from './micro/statefun-codec.ts';
import { storeBatchSuites } from './micro/store-batch.ts';

export const BENCHMARKS: readonly Benchmark[] = [
  allToAll,
  allToAllDurable,
  allToAllFlink,
  allToAllRestate,
  cutStall,
  sendCommitted,
  allToAllOpenLoop,
  oneToOneOpenLoop,
  askOpenLoop,
  commitAlone,
  askCommitted,
  keyedCounter,
  delayed,
  asyncWait,
  asyncBeside,
  hotAddress,
  deadLetters,
  remoteFlink,
  remoteFlinkSdk,
  remoteFlinkLatency,
  bank,
  shoppingCart,
  ycsbA,
  ycsbB,
  flights,
  commandTrees,
  receipts,
  restart,
  restartResharded,
  bigState,
  oneToOne,
  fanIn,
  fanOut,
  pipeline,
  hotKey,
  ...largeMessages,
  ...metricsCost,
  pingPong,
  ask,
  endpoint,
  remoteGreeter,
  remoteGreeterHot,
  idle,
  entityMemory,
  ...microBenchmarks(storeBatchSuites),
  tableTouch,
  tableTouchDurable,
  ...microBenchmarks(ringTwoThreadsSuites),
  ...microBenchmarks(ringSuites),
  ...microBenchmarks(doorbellSuites),
  ...microBenchmarks(entityLookupSuites),
  ...microBenchmarks(keyHashSuites),
  ...microBenchmarks(entityRecordSuites),
  ...microBenchmarks(codecSuites),
  ...microBenchmarks(statefunCodecSuites),
  ...microBenchmarks(stateCellSuites),
  ...microBenchmarks(timerQueueSuites),
  ...microBenchmarks(changelogAppendSuites),
];
