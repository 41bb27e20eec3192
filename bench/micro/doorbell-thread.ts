/**
 * One of two threads that wake each other in turns. The turn is one word: thread 0 sets it to 1, thread 1 back to 0.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { Doorbell, DOORBELL_STRIDE_WORDS } from '../../src/ring/doorbell.ts';

export type BellKind = 'doorbell' | 'bare';

export interface BellTask {
  readonly kind: BellKind;
  readonly side: number;
  /** Two doorbells, then the turn. */
  readonly words: Int32Array;
}

export interface BellAnswer {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly turnCount: number;
  readonly seconds: number;
}

const TURN_WORD = 2 * DOORBELL_STRIDE_WORDS;
export const BELL_WORD_COUNT: number = TURN_WORD + 1;
const TIMEOUT_MS = 10_000;

/** How one side hands over the turn and sleeps until it has it again. */
interface Side {
  give(turn: number): void;
  awaitTurn(turn: number): void;
}

function doorbellSide(words: Int32Array, side: number): Side {
  const own = new Doorbell(words, side);
  const other = new Doorbell(words, 1 - side);
  return {
    give(turn) {
      Atomics.store(words, TURN_WORD, turn);
      other.ring();
    },
    awaitTurn(turn) {
      while (Atomics.load(words, TURN_WORD) !== turn) {
        own.declareParked();
        if (Atomics.load(words, TURN_WORD) === turn) own.rise();
        else own.park(TIMEOUT_MS);
      }
    },
  };
}

function bareSide(words: Int32Array): Side {
  return {
    give(turn) {
      Atomics.store(words, TURN_WORD, turn);
      Atomics.notify(words, TURN_WORD);
    },
    awaitTurn(turn) {
      while (Atomics.load(words, TURN_WORD) !== turn) Atomics.wait(words, TURN_WORD, 1 - turn, TIMEOUT_MS);
    },
  };
}

function takeTurns(side: Side, own: number, turns: number, histogram: LatencyHistogram): BellAnswer {
  histogram.reset();
  const startedAt = performance.now();
  let turnCount = 0;
  if (own === 1) {
    for (; turnCount < turns; turnCount++) {
      side.awaitTurn(1);
      side.give(0);
    }
  } else {
    for (; turnCount < turns; turnCount++) {
      const gaveAt = performance.now();
      side.give(1);
      side.awaitTurn(0);
      histogram.record((performance.now() - gaveAt) * 1000);
    }
  }
  const { p50, p99, p999 } = histogram;
  return { p50, p99, p999, turnCount, seconds: (performance.now() - startedAt) / 1000 };
}

function serve({ kind, side, words }: BellTask): void {
  const ends = kind === 'doorbell' ? doorbellSide(words, side) : bareSide(words);
  const histogram = new LatencyHistogram();
  parentPort?.on('message', (turns: number) => parentPort?.postMessage(takeTurns(ends, side, turns, histogram)));
}

if (parentPort !== null) serve(workerData as BellTask);
