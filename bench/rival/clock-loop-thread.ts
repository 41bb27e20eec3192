/**
 * The thread of a loop that only looks at the clock, in windows like those of the benchmark of cuts.
 */
import { parentPort } from 'node:worker_threads';
import { CoreWait } from '../harness/core-wait.ts';
import { StallWindows, WINDOW_MS } from '../flow/stall-windows.ts';

const WARM_UP_MS = 50;

parentPort?.on('message', (seconds: number) => {
  const coreWait = new CoreWait();
  const stalls = new StallWindows(WINDOW_MS, () => coreWait.waitedMs());
  watch(stalls, WARM_UP_MS);
  stalls.take();
  watch(stalls, seconds * 1000);
  parentPort?.postMessage(stalls.take());
});

function watch(stalls: StallWindows, durationMs: number): void {
  const endMs = performance.now() + durationMs;
  for (let nowMs = performance.now(); nowMs < endMs; nowMs = performance.now()) stalls.look(nowMs);
}
