/** Bugs of rows, tables and lists: what an erasure takes away, and what an invocation does to them (I5, I6). */
import { type Mutation, seeds, tests } from './mutation.ts';

const SHELVES = { workload: 5 };

export const TABLE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'rows: an erasure leaves what its own epoch has written before',
    file: 'src/shard/rows/rows.ts',
    find: 'if (row.dirtyEpoch === this.dirty.epoch) row.value = undefined;',
    replace: 'if (row.dirtyEpoch === this.dirty.epoch) continue;',
    why: 'what was written and then cleared in one epoch is back',
    suites: [tests('unit/shard/rows-model')],
  },
  {
    name: 'rows: a row changes before the cut has it',
    file: 'src/shard/rows/rows.ts',
    find: 'if (row.dirtyEpoch !== this.dirty.epoch) this.dirty.touch(row);\n    row.value = value;',
    replace: 'row.value = value;\n    if (row.dirtyEpoch !== this.dirty.epoch) this.dirty.touch(row);',
    why: 'I6: a checkpoint holds what a later epoch has written',
    suites: [tests('unit/shard/rows')],
  },
  {
    name: 'fold: what was erased since it was written goes to the store',
    file: 'src/shard/durable/fold-marks.ts',
    find: 'return this.isErased(item) ? GONE : NEWEST;',
    replace: 'return NEWEST;',
    why: 'all erasures go before all puts, so it comes back for good',
    suites: [tests('unit/shard/rows-model'), seeds(100, SHELVES)],
  },
  {
    name: 'fold: the older records of a pair are taken for those of an entity',
    file: 'src/shard/durable/fold-marks.ts',
    find: 'this.#newest.setMark(number, first === OLDER ? OLDER_OF_PAIR : first);',
    replace: 'this.#newest.setMark(number, first);',
    why: 'a pair keeps mentions for ever, and its place in memory with them',
    suites: [tests('unit/shard/fold-marks')],
  },
  {
    name: 'fold: erasures are released late',
    file: 'src/shard/durable/fold-round.ts',
    find: 'for (const erasure of [...(recovered?.erasures ?? []), ...this.#marks.erasures]) visit(erasure);\n',
    replace:
      'setImmediate(() => [...(recovered?.erasures ?? []), ...this.#marks.erasures].forEach((each) => visit(each)));\n',
    why: 'a row that was put after its table was cleared is for a moment neither in memory nor seen in the store',
    suites: [tests('unit/shard/rows-model')],
  },
  {
    name: 'recovery: an erasure takes away what its own epoch has written',
    file: 'src/shard/rows/rows.ts',
    find: 'if (row.dirtyEpoch !== dirtyEpoch) row.value = undefined;',
    replace: 'row.value = undefined;',
    why: 'what follows a clear in the same invocation is lost in a crash',
    suites: [seeds(90, SHELVES)],
  },
  {
    name: 'tables: a failed invocation keeps its writes for the next one',
    file: 'src/shard/rows/row-writes.ts',
    find: 'this.#forget();\n    this.#rows.check();',
    replace: 'this.#rows.check();',
    why: 'I5: they happen when the next invocation of that function returns, to whomever',
    suites: [tests('unit/shard/tables')],
  },
  {
    name: 'tables: a handle outlives its invocation',
    file: 'src/shard/invocation/invocation-rows.ts',
    find: 'for (const { handle } of this.#handles) handle.expire();',
    replace: '',
    why: 'what one invocation has kept writes into another entity',
    suites: [tests('unit/shard/tables')],
  },
  {
    name: 'ctx.delete: lists stay',
    file: 'src/shard/invocation/invocation.ts',
    find: '[SECTION_TABLE, SECTION_LIST];',
    replace: '[SECTION_TABLE, SECTION_TABLE];',
    why: 'elements of a deleted entity stay on disk for ever',
    suites: [seeds(30, SHELVES)],
  },
  {
    name: 'a failed store fails the function',
    file: 'src/shard/rows/row-writes.ts',
    find: 'this.#rows.check();\n    if (this.isEmpty) return;',
    replace: 'if (this.isEmpty) return;',
    why: 'a function that catches what its table throws acts on what is not so',
    suites: [tests('unit/shard/rows')],
  },
];
