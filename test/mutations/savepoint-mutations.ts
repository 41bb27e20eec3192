/** Bugs of savepoints and of changing the number of shards: what is carried from one set of files to another (I6, I12). */
import { type Mutation, tests } from './mutation.ts';

export const SAVEPOINT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'savepoint: a file is not synced',
    file: 'src/store/savepoint-writer.ts',
    find: 'await this.#file.sync();',
    replace: '',
    why: 'after a power loss it says that it is whole, and is not',
    suites: [tests('unit/store/savepoint')],
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
    suites: [tests('engine/savepoint-parts', 'engine/savepoint')],
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
    suites: [tests('engine/reshard', 'engine/reshard-crash')],
  },
  {
    name: 'reshard: what is not folded stays behind',
    file: 'src/engine/reshard.ts',
    find: 'await foldAll(data, shard, store);',
    replace: '',
    why: 'I12: the new shards have old values',
    suites: [tests('engine/reshard', 'engine/reshard-crash')],
  },
  {
    name: 'reshard: idempotency keys stay behind',
    file: 'src/engine/reshard.ts',
    find: 'keys: data.keys }',
    replace: 'keys: [] }',
    why: 'a client that repeats itself is heard twice',
    suites: [tests('engine/reshard-crash', 'engine/reshard')],
  },
  {
    name: 'reshard: the first changelog is not synced',
    file: 'src/shard/durable/first-delta.ts',
    find: 'await syncFile(this.#fileSystem, segmentPath(this.#directory, location.segment));',
    replace: '',
    why: 'I8: the manifest names a generation that a power loss takes',
    suites: [tests('engine/reshard-crash')],
  },
];
