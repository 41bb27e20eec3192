/** Bugs of savepoints and of changing the number of shards: what is carried from one set of files to another (I6, I12). */
import { type Mutation, seeds, tests } from './mutation.ts';

/** Runs of the bank that are started again and again, with other numbers of shards. */
const RESHARDS = { workload: 2, reshards: 2, kills: 3 };

export const SAVEPOINT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'savepoint: a file is not synced',
    file: 'src/store/savepoint-writer.ts',
    find: 'await this.#file.sync();',
    replace: '',
    why: 'after a power loss it says that it is whole, and is not',
    suites: [tests('unit/store/savepoint'), seeds(10, { workload: 2, savepoints: 3, crashes: 3 })],
  },
  {
    name: 'savepoint: the checksum of a block is not compared',
    file: 'src/store/savepoint-reader.ts',
    find: "if (!isIntact) throw this.#damaged(offset, 'a block is not what was written');",
    replace: '',
    why: 'a wrong value goes on unnoticed',
    suites: [tests('unit/store/savepoint-damage')],
  },
  {
    name: 'savepoint: messages in flight are left out',
    file: 'src/shard/durable/shard-savepoint.ts',
    find: 'messageWriter.put(key, message);',
    replace: 'void key;',
    why: 'I6: who starts from it has lost them',
    suites: [seeds(20, { workload: 2, savepoints: 3 }), tests('engine/savepoint-parts', 'engine/savepoint')],
  },
  {
    name: 'savepoint: the store is never let go',
    file: 'src/shard/durable/shard-savepoint.ts',
    find: 'this.#place.fold.release();\n        this.#wait(scan.next()',
    replace: 'this.#wait(scan.next()',
    why: 'nothing is folded any more, and the changelog grows for ever',
    suites: [tests('engine/savepoint-parts')],
  },
  {
    name: 'reshard: messages in flight stay behind',
    file: 'src/engine/reshard.ts',
    find: 'writer.add(messages);',
    replace: 'void messages;',
    why: 'I6: they are lost with the old generation',
    suites: [seeds(40, RESHARDS), tests('engine/reshard', 'engine/reshard-crash')],
  },
  {
    name: 'reshard: what is not folded stays behind',
    file: 'src/engine/reshard.ts',
    find: 'await foldAll(data, shard, store);',
    replace: '',
    why: 'I12: the new shards have old values',
    suites: [seeds(60, RESHARDS), tests('engine/reshard', 'engine/reshard-crash')],
  },
  {
    name: 'reshard: idempotency keys stay behind',
    file: 'src/engine/reshard.ts',
    find: 'keys: data.keys }',
    replace: 'keys: [] }',
    why: 'a client that repeats itself is heard twice',
    suites: [seeds(40, RESHARDS), tests('engine/reshard-crash', 'engine/reshard')],
  },
  {
    name: 'reshard: the first changelog is not synced',
    file: 'src/shard/durable/first-delta.ts',
    find: 'await syncFile(this.#fileSystem, segmentPath(this.#directory, location.segment));',
    replace: '',
    why: 'I8: the manifest names a generation that a power loss takes',
    suites: [seeds(20, { workload: 2, reshards: 2, crashes: 5 }), tests('engine/reshard-crash')],
  },
  {
    name: 'import: the mark of an earlier attempt is left in its place',
    file: 'src/engine/import-savepoint.ts',
    find: 'callStorage(mark, () => fileSystem.exists(mark) && fileSystem.remove(mark));',
    replace: '',
    why: 'what a power loss has cut short cannot be filled anew',
    suites: [seeds(40, { workload: 2, savepoints: 3, crashes: 9 })],
  },
];
