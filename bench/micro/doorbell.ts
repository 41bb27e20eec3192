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
 * being notified. The checksum is how often thread 1 says that it gave the turn back.
 */
import { OURS } from '../harness/benchmark.ts';
import type { OpenBatch, Suite, SuiteFile } from '../harness/micro.ts';
import { Thread } from '../harness/thread.ts';
import { BELL_WORD_COUNT, type BellKind, openSide, returnedCount } from './doorbell-side.ts';
import type { BellTask } from './doorbell-thread.ts';

const THREAD = new URL('./doorbell-thread.ts', import.meta.url);

export const suites: readonly Suite[] = [
  {
    name: 'doorbell',
    unit: 'µs round trip',
    about: 'waking a sleeping thread and being woken by it; the median',
    isLong: true,
    contenders: { [OURS]: ringing('doorbell'), 'bare Atomics.wait and notify': ringing('bare') },
  },
];

export const doorbellSuites: SuiteFile = { file: import.meta.url, suites };

function ringing(kind: BellKind): OpenBatch {
  return async () => {
    const words = new Int32Array(new SharedArrayBuffer(BELL_WORD_COUNT * 4));
    const other = new Thread<'begin', 'begun'>(THREAD, { kind, words } satisfies BellTask);
    await other.ask('begin');
    const side = openSide(kind, words, 0);
    let givenCount = 0;
    return {
      callCount: 1,
      run() {
        givenCount++;
        side.give(1);
        side.awaitTurn(0);
        return 1;
      },
      expected: 1,
      total: () => ({ checksum: returnedCount(words), expected: givenCount }),
      close: () => other.close(),
    };
  };
}
