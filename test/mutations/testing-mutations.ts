/** Bugs of what users test with: clients, time and cuts that would hide what is wrong, or make it up. */
import { type Mutation, tests } from './mutation.ts';

export const TESTING_MUTATIONS: readonly Mutation[] = [
  {
    name: 'scenario: what a dead process did not answer is forgotten',
    file: 'src/testing/scenario-client.ts',
    find: 'const again = this.#said;',
    replace: 'const again: Wanted[] = [];',
    why: 'messages that were not acknowledged are not sent again, and run() waits for ever',
    suites: [tests('unit/testing/explore')],
  },
  {
    name: 'scenario: an order that is given again means what has failed since',
    file: 'src/testing/scenario-calls.ts',
    find: 'if (before === undefined || typeof which',
    replace: 'if (before !== undefined || typeof which',
    why: 'a redrive that was repeated sends again what it has sent again before, and unpark drops a second message',
    suites: [tests('unit/testing/explore-mending')],
  },
  {
    name: 'cut: what no consumer has acknowledged is left out',
    file: 'src/testing/cut.ts',
    find: ', ...this.#cut.pendingRecords(type)]',
    replace: ']',
    why: 'an invariant sees fewer records than are committed',
    suites: [tests('unit/testing/explore')],
  },
  {
    name: 'test engine: time leaps over what is due',
    file: 'src/testing/test-drive.ts',
    find: 'next !== undefined && next <= until; next = this.#nextDueAt()',
    replace: 'next === until; next = this.#nextDueAt()',
    why: 'what falls due on the way happens at the end, and all at once',
    suites: [tests('unit/testing/test-engine')],
  },
];
