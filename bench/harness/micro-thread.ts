/**
 * The thread of one micro-benchmark's contender: sets up its batch, has tinybench run it, and checks every run.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Bench } from 'tinybench';
import type { Measurement } from './benchmark.ts';
import type { Batch, MicroTask, Suite } from './micro.ts';

const WARM_UP_SHARE = 0.5;

parentPort?.on('message', () => {
  void measure(workerData as MicroTask).then((measurement) => parentPort?.postMessage(measurement));
});

async function measure(task: MicroTask): Promise<Measurement> {
  const batch = await openBatch(task);
  const timeMs = task.seconds * 1000;
  const bench = new Bench({ time: timeMs, warmupTime: timeMs * WARM_UP_SHARE, throws: true });
  let checksum = batch.expected;
  bench.addEventListener('warning', ({ reason }) => {
    console.error(`${task.suite}, ${task.contender}: the clock is too coarse for this batch (${String(reason)})`);
  });
  bench.add(task.contender, () => {
    const startedAt = performance.now();
    const sum = batch.run();
    const tookMs = performance.now() - startedAt;
    if (sum !== batch.expected) checksum = sum;
    return { overriddenDuration: tookMs / batch.callCount, overriddenIterationCost: tookMs };
  });
  await bench.run();
  batch.close?.();
  const result = bench.tasks[0].result;
  if (result.state !== 'completed') throw new Error(`${task.suite}, ${task.contender}: ${result.state}`);
  return { value: 1000 / result.latency.p50, checksum: String(checksum), expected: String(batch.expected) };
}

async function openBatch({ file, suite, contender, entities }: MicroTask): Promise<Batch> {
  const { suites } = (await import(file)) as { suites: readonly Suite[] };
  const open = suites.find(({ name }) => name === suite)?.contenders[contender];
  if (open === undefined) throw new Error(`${file} has no suite ${suite} with a contender ${contender}.`);
  return open(entities);
}
