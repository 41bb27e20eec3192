/** Bugs that show where functions do several things at once, and that command trees must catch. */
import { IN_MEMORY, type Mutation, seeds } from './mutation.ts';

const TREES = { workload: 1 };

export const TREE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'trees: ctx.delete leaves the timers',
    file: 'src/shard/invocation/invocation.ts',
    find: 'this.#deleteState();\n    this.deleteTimers();',
    replace: 'this.#deleteState();',
    why: 'they come to an address that has been thrown away',
    suites: [seeds(60, IN_MEMORY)],
  },
  {
    name: 'trees: a deletion takes the timers that are set after it',
    file: 'src/shard/time/timer-writes.ts',
    find: 'for (const { dueMs, row } of this.#added) timers.insert(this.#keyGroup, dueMs, row);',
    replace:
      'if (this.#erased === undefined) for (const { dueMs, row } of this.#added) timers.insert(this.#keyGroup, dueMs, row);',
    why: 'what an invocation sends after a deletion stays',
    suites: [seeds(60, IN_MEMORY)],
  },
  {
    name: 'trees: a list that is replaced keeps what it had',
    file: 'src/shard/invocation/list-handle.ts',
    find: 'this.clear();\n    this.#put(checked);',
    replace: 'this.#put(checked);',
    why: 'elements are there twice',
    suites: [seeds(60, IN_MEMORY)],
  },
  {
    name: 'trees: a checkpoint forgets the operations under way',
    file: 'src/shard/durable/unfinished-work.ts',
    find: 'for (const operation of operations) this.#captureOperation(operation);',
    replace: 'for (const operation of [...operations].slice(1)) this.#captureOperation(operation);',
    why: 'I6: nobody ever hears of them after a recovery',
    suites: [seeds(60, TREES)],
  },
  {
    name: 'trees: a walk leaves out what the invocation has written',
    file: 'src/shard/rows/row-writes.ts',
    find: 'this.#rows.walk(from, before, changes)',
    replace: 'this.#rows.walk(from, before, [])',
    why: 'an invocation sees its own changes',
    suites: [seeds(120, IN_MEMORY)],
  },
  {
    name: 'trees: a cancelled schedule goes on',
    file: 'src/shard/time/timer-writes.ts',
    find: 'for (const { key, row } of this.#removed) timers.remove(key, row);',
    replace: '',
    why: 'its messages come for ever',
    suites: [seeds(60, TREES)],
  },
  {
    name: 'trees: who is only for those who exist comes to everybody',
    file: 'src/shard/invocation/invoker.ts',
    find: 'if (meta?.ifExists === true && !hasState(',
    replace: 'if (meta?.ifExists === true && entity.hash === -1 && !hasState(',
    why: 'a message for whoever was deleted makes him anew',
    suites: [seeds(60, IN_MEMORY)],
  },
  {
    name: 'trees: a message is tried once too often',
    file: 'src/shard/failing/failures.ts',
    find: 'if (attempts >= failure.attempts) return undefined;',
    replace: 'if (attempts > failure.attempts) return undefined;',
    why: 'the policy of its function says how often',
    suites: [seeds(60, IN_MEMORY)],
  },
];
