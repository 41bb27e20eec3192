/**
 * The two ends of the doorbell's benchmark: how one side hands over the turn, and sleeps until it has it again. The turn is
 * one word: side 0 sets it to 1, side 1 back to 0.
 */
import { Doorbell, DOORBELL_STRIDE_WORDS } from '../../src/ring/doorbell.ts';

export type BellKind = 'doorbell' | 'bare';

export interface Side {
  give(turn: number): void;
  awaitTurn(turn: number): void;
}

/** Behind the two doorbells. */
const TURN_WORD = 2 * DOORBELL_STRIDE_WORDS;
const RETURNED_WORD = TURN_WORD + 1;
export const BELL_WORD_COUNT: number = RETURNED_WORD + 1;
/** Who has slept so often, for so long, sleeps in vain. */
const SLEEPS_MAX = 100;
const SLEEP_MS = 100;

export function openSide(kind: BellKind, words: Int32Array, side: number): Side {
  return kind === 'doorbell' ? doorbellSide(words, side) : bareSide(words);
}

function doorbellSide(words: Int32Array, side: number): Side {
  const own = new Doorbell(words, side);
  const other = new Doorbell(words, 1 - side);
  return {
    give(turn) {
      Atomics.store(words, TURN_WORD, turn);
      other.ring();
    },
    awaitTurn: (turn) =>
      sleepUntil(words, turn, () => {
        own.declareParked();
        if (Atomics.load(words, TURN_WORD) === turn) own.rise();
        else own.park(SLEEP_MS);
      }),
  };
}

function bareSide(words: Int32Array): Side {
  return {
    give(turn) {
      Atomics.store(words, TURN_WORD, turn);
      Atomics.notify(words, TURN_WORD);
    },
    awaitTurn: (turn) => sleepUntil(words, turn, () => void Atomics.wait(words, TURN_WORD, 1 - turn, SLEEP_MS)),
  };
}

function sleepUntil(words: Int32Array, turn: number, sleep: () => void): void {
  for (let sleeps = 0; Atomics.load(words, TURN_WORD) !== turn; sleeps++) {
    if (sleeps === SLEEPS_MAX) throw new Error('The other thread does not hand over the turn.');
    sleep();
  }
}

/** Side 1, as long as nobody ends its thread: counts the turn, and gives it back. */
export function giveBack(side: Side, words: Int32Array): never {
  for (;;) {
    side.awaitTurn(1);
    words[RETURNED_WORD]++;
    side.give(0);
  }
}

/** How often side 1 has given the turn back. */
export function returnedCount(words: Int32Array): number {
  return words[RETURNED_WORD];
}
