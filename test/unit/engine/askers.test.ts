/**
 * Askers: one answer each, at once or when the epoch is committed in which it was given.
 */
import { expect, test } from 'vitest';
import { type Asker, Askers } from '../../../src/engine/askers.ts';

/** Adds an asker that keeps what it is told. */
function ask(askers: Askers, untilCommitted: boolean): { readonly number: string; readonly answers: unknown[] } {
  const answers: unknown[] = [];
  const number = askers.nextNumber();
  const asker: Asker = { replied: (message) => answers.push(message), failed: (error) => answers.push(error) };
  askers.add(number, asker, untilCommitted);
  return { number, answers };
}

function reply(askers: Askers, number: string, message: unknown, isAhead = false): void {
  askers.answer(number, isAhead, (asker) => asker.replied(message));
}

test('who does not wait for a commit is answered at once, and once', () => {
  const askers = new Askers(0);
  const { number, answers } = ask(askers, false);
  reply(askers, number, 'first');
  reply(askers, number, 'second');
  expect(answers).toEqual(['first']);
  expect(askers.isAwaited).toBe(false);
});

test('who waits for the commit is answered with it, once, with the first answer', () => {
  const askers = new Askers(0);
  const { number, answers } = ask(askers, true);
  reply(askers, number, 'first');
  reply(askers, number, 'second');
  expect([askers.isAwaited, answers]).toEqual([true, []]);
  askers.endEpoch();
  expect([askers.isAwaited, answers]).toEqual([false, []]);
  askers.committed();
  expect(answers).toEqual(['first']);
});

test('an answer of a shard that is ahead belongs to the next epoch', () => {
  const askers = new Askers(0);
  const { number, answers } = ask(askers, true);
  reply(askers, number, 'ahead', true);
  askers.endEpoch();
  askers.committed();
  expect([answers, askers.isAwaited]).toEqual([[], true]);
  askers.endEpoch();
  askers.committed();
  expect(answers).toEqual(['ahead']);
});

test('a roll-back takes back what was not committed, and the asker waits for the answer that comes then', () => {
  const askers = new Askers(0);
  const held = ask(askers, true);
  const ended = ask(askers, true);
  reply(askers, ended.number, 'taken back');
  askers.endEpoch();
  reply(askers, held.number, 'taken back');
  askers.rollBack();
  reply(askers, held.number, 'again');
  reply(askers, ended.number, 'again');
  askers.endEpoch();
  askers.committed();
  expect([held.answers, ended.answers]).toEqual([['again'], ['again']]);
});

test('who has given up is told nothing, whenever that was', () => {
  const askers = new Askers(0);
  const { number, answers } = ask(askers, true);
  reply(askers, number, 'late');
  askers.forget(number);
  askers.endEpoch();
  askers.committed();
  reply(askers, number, 'later');
  expect(answers).toEqual([]);
});

test('numbers are never used again, in this run or in one that began with another epoch', () => {
  const runs = [0, 3, 31].map((epoch) => new Askers(epoch));
  const numbers = runs.flatMap((askers) => Array.from({ length: 30 }, () => askers.nextNumber()));
  expect(new Set(numbers).size).toBe(numbers.length);
});
