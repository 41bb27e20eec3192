/**
 * The thread of loops that only wait for a timer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { TimerWork } from './timer-loop.ts';

const WARM_UP_MS = 50;

parentPort?.on('message', (work: TimerWork) => {
  void loop(work, WARM_UP_MS)
    .then(() => loop(work, work.seconds * 1000))
    .then((count) => parentPort?.postMessage(count));
});

async function loop({ concurrency, waitMs }: TimerWork, durationMs: number): Promise<number> {
  const end = performance.now() + durationMs;
  let count = 0;
  const loops = Array.from({ length: concurrency }, async () => {
    while (performance.now() < end) {
      await sleep(waitMs);
      count++;
    }
  });
  await Promise.all(loops);
  return count;
}
