/**
 * The doorbell: how long it takes to wake a sleeping thread, and be woken by it.
 *
 * ```
 *   ┌ thread 0 ┐  turn = 1, ring   ┌ thread 1 ┐
 *   │ sleeps   │ ─────────────────▶│ sleeps   │      both fall asleep between any two, as idle shards do
 *   │          │◀───────────────── │          │
 *   └──────────┘  turn = 0, ring   └──────────┘
 * ```
 *
 * Rival: `Atomics.wait` and `Atomics.notify` on the word itself, without the declaration that saves a busy thread from
 * being notified. The checksum is how often the turn came back.
 */
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Thread } from '../harness/thread.ts';
import { warmRun } from '../harness/warm-run.ts';
import { BELL_WORD_COUNT, type BellAnswer, type BellKind, type BellTask } from './doorbell-thread.ts';

const THREAD = new URL('./doorbell-thread.ts', import.meta.url);
const FIRST_TURNS = 200;

export const doorbell: Benchmark = {
  name: 'doorbell',
  unit: 'µs round trip',
  describe: () => 'waking a sleeping thread and being woken by it; the median',
  figures: [],
  contenders: ({ seconds }) => [
    contender(OURS, 'doorbell', seconds),
    contender('bare Atomics.wait and notify', 'bare', seconds),
  ],
};

function contender(name: string, kind: BellKind, seconds: number): Contender {
  return {
    name,
    async measure() {
      const words = new Int32Array(new SharedArrayBuffer(BELL_WORD_COUNT * 4));
      const threads = [0, 1].map(
        (side) => new Thread<number, BellAnswer>(THREAD, { kind, side, words } satisfies BellTask),
      );
      try {
        return await measureTurns(threads, seconds);
      } finally {
        await Promise.all(threads.map((thread) => thread.close()));
      }
    },
  };
}

async function measureTurns(threads: readonly Thread<number, BellAnswer>[], seconds: number): Promise<Measurement> {
  let last: BellAnswer | undefined;
  const run = await warmRun(
    async (turns) => {
      [last] = await Promise.all(threads.map((thread) => thread.ask(turns)));
      return last.seconds;
    },
    FIRST_TURNS,
    seconds,
  );
  if (last === undefined) throw new Error('No turn was taken.');
  const { p50, p99, p999, turnCount } = last;
  return { value: p50, percentiles: { p50, p99, p999 }, checksum: String(turnCount), expected: String(run.work) };
}
