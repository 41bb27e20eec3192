/** Bugs of what happens to messages that fail: attempts, dead letters, requests to shards (I4, I5, I6). */
import { type Mutation, seeds, tests } from './mutation.ts';

export const FAILURE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'failures: a dead letter that is sent again stays',
    file: 'src/shard/requests/dead-letter-requests.ts',
    find: "  letters.remove(key);\n  return 'done';",
    replace: "  return 'done';",
    why: 'I6: the message is in flight and a dead letter at the same cut',
    suites: [seeds(60, { workload: 7 })],
  },
  {
    name: 'failures: a message that is to be tried again goes to the end of its line',
    file: 'src/state/entity.ts',
    find: 'form, meta, next: this.#first };\n    this.#first = held;',
    replace:
      'form, meta, next: this.#first };\n    if (this.#last !== undefined) return this.add(message, sourceType, sourceId, form, meta);\n    this.#first = held;',
    why: 'I4: an address is invoked in the order of arrival',
    suites: [tests('unit/shard/failures'), seeds(60, { workload: 7 })],
  },
  {
    name: 'failures: requests are forgotten when the shards go back',
    file: 'src/engine/shard-requests.ts',
    find: '      this.#send(open.shard, { ...open.order, isRepeated: true });\n',
    replace: '',
    why: 'whoever has ordered something waits for ever',
    suites: [seeds(120, { workload: 7 })],
  },
  {
    name: 'failures: a request counts as committed with the epoch before its last answer',
    file: 'src/engine/shard-requests.ts',
    find: 'open.isAnswerEnded = open.answer !== undefined && !open.isAnswerAhead;',
    replace: 'open.isAnswerEnded = open.answer !== undefined;',
    why: 'I5: nobody is told "committed" before the epoch is',
    suites: [tests('unit/engine/shard-requests')],
  },
  {
    name: 'dead letters: a part is believed although a round has ended since',
    file: 'src/shard/rows/rows.ts',
    find: 'stored !== undefined && appliedEpoch === this.dirty.appliedEpoch) {',
    replace: 'stored !== undefined && appliedEpoch >= 0) {',
    why: 'what was dropped is sent again, and what was edited is sent as it was',
    suites: [tests('unit/shard/bulk-letters')],
  },
  {
    name: 'dead letters: an order does not wait for the store',
    file: 'src/shard/requests/dead-letter-requests.ts',
    find: 'return this.#place.workplace.rows.dirty.appliedEpoch < this.#awaitedEpoch;',
    replace: 'return this.#awaitedEpoch < 0;',
    why: 'all that is dropped together is in memory together',
    suites: [tests('unit/shard/bulk-letters')],
  },
  {
    name: 'dead letters: they are sent again into a flood',
    file: 'src/shard/requests/dead-letter-requests.ts',
    find: 'return (entities.find(type, hashId(id), id)?.waiting?.floodCount ?? 0) > 0;',
    replace: 'return (entities.find(type, hashId(id), id)?.waiting?.floodCount ?? 0) < 0;',
    why: 'every checkpoint writes all of them',
    suites: [tests('unit/shard/bulk-letters')],
  },
  {
    name: 'failures: a parked message stays when it is taken',
    file: 'src/shard/failing/parking.ts',
    find: '      rows.set(key, undefined);\n      this.#save(address, { ...record, first',
    replace: '      this.#save(address, { ...record, first',
    why: 'I6: the message is in flight and parked at the same cut',
    suites: [seeds(60, { workload: 7 })],
  },
  {
    name: 'failures: a message is tried again as the function has left it',
    file: 'src/shard/invocation/invoker.ts',
    find: 'binding.failure.attempts === 1 ? message : copyMessage(message)',
    replace: 'message',
    why: 'I5: nothing that a failed invocation has done may be seen',
    suites: [tests('unit/shard/failures')],
  },
];
