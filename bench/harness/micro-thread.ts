/**
 * The thread of one micro-benchmark's contender: sets up its batch, has tinybench run it, and checks every run.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Bench } from 'tinybench';
import { isLessBetter, type Measurement, type Percentiles } from './benchmark.ts';
import type { Batch, MicroTask, Suite, Total } from './micro.ts';

const WARM_UP_SHARE = 0.5;
/** Batches at least, where each takes long: tinybench would have 64 and 16. */
const FEW = { iterations: 4, warmupIterations: 1 };
const US_PER_MS = 1000;

parentPort?.on('message', () => {
  void measure(workerData as MicroTask).then((measurement) => parentPort?.postMessage(measurement));
});

async function measure(task: MicroTask): Promise<Measurement> {
  const batch = await openBatch(task);
  try {
    return await measureBatch(batch, task);
  } finally {
    await batch.close?.();
  }
}

async function measureBatch(batch: Batch, task: MicroTask): Promise<Measurement> {
  const name = `${task.suite}, ${task.contender}`;
  const bench = benchFor(task, name);
  const { callCount, expected } = batch;
  let checksum = expected;
  bench.add(name, async () => {
    const startedAt = performance.now();
    const running = batch.run();
    const sum = typeof running === 'number' ? running : await running;
    const tookMs = performance.now() - startedAt;
    if (sum !== expected) checksum = sum;
    return { overriddenDuration: tookMs / callCount, overriddenIterationCost: tookMs };
  });
  await bench.run();
  const { result } = bench.tasks[0];
  if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`);
  const total = checksum === expected ? await batch.total?.() : undefined;
  return { ...valueOf(result.latency, task.unit), ...asText(total ?? { checksum, expected }) };
}

function benchFor({ seconds, isLong }: MicroTask, name: string): Bench {
  const timeMs = seconds * 1000;
  const timing = { time: timeMs, warmupTime: timeMs * WARM_UP_SHARE };
  const bench = new Bench({ throws: true, ...timing, ...(isLong && FEW) });
  bench.addEventListener('warning', ({ reason }) => {
    console.error(`${name}: the clock is too coarse for this batch (${String(reason)})`);
  });
  return bench;
}

/** Of what a call took, in milliseconds. */
function valueOf({ p50, p99, p999 }: Percentiles, unit: string): Pick<Measurement, 'value' | 'percentiles'> {
  if (!isLessBetter(unit)) return { value: 1000 / p50 };
  const percentiles = { p50: p50 * US_PER_MS, p99: p99 * US_PER_MS, p999: p999 * US_PER_MS };
  return { value: percentiles.p50, percentiles };
}

function asText({ checksum, expected }: Total): Pick<Measurement, 'checksum' | 'expected'> {
  return { checksum: String(checksum), expected: String(expected) };
}

async function openBatch({ file, suite, contender, entities, seconds }: MicroTask): Promise<Batch> {
  const { suites } = (await import(file)) as { suites: readonly Suite[] };
  const open = suites.find(({ name }) => name === suite)?.contenders[contender];
  if (open === undefined) throw new Error(`${file} has no suite ${suite} with a contender ${contender}.`);
  return open(entities, seconds);
}
