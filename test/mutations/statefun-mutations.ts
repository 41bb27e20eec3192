/** Bugs of StateFun's protocol and of the programs for its JavaScript SDK. */
import { type Mutation, tests } from './mutation.ts';

export const STATEFUN_MUTATIONS: readonly Mutation[] = [
  {
    name: 'statefun: a value of no bytes is written as none',
    file: 'src/statefun/protocol-writer.ts',
    find: 'if (value !== undefined) {',
    replace: 'if (value !== undefined && value.length > 0) {',
    why: 'the int 0 is read as a state that was never set',
    suites: [tests('unit/statefun/protocol-codec')],
  },
  {
    name: 'statefun: whatever stands in a slot of the cache of names is taken',
    file: 'src/statefun/name-cache.ts',
    find: 'if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.text;',
    replace: 'if (known !== undefined) return known.text;',
    why: 'a message goes to a function of another name',
    suites: [tests('unit/statefun/protocol-codec')],
  },
  {
    name: 'statefun: the bytes of whatever stands in a slot of the cache of names are written',
    file: 'src/statefun/name-cache.ts',
    find: 'if (known !== undefined && known.text === text) return known.bytes;',
    replace: 'if (known !== undefined) return known.bytes;',
    why: 'a record goes to an egress of another name',
    suites: [tests('unit/statefun/name-cache')],
  },
  {
    name: 'statefun: a value in a request goes on behind its end',
    file: 'src/statefun/types.ts',
    find: "new ProtobufReader(bytes, 'value', FIELD_COUNT_MAX, start, end)",
    replace: "new ProtobufReader(bytes, 'value', FIELD_COUNT_MAX, start)",
    why: 'a message ends with parts of the next one',
    suites: [tests('unit/statefun/types')],
  },
  {
    name: 'statefun: an element of a hostile list is not counted',
    file: 'src/statefun/protocol-reader.ts',
    find: 'if (--this.#statesLeft < 0)',
    replace: 'if (this.#statesLeft < 0)',
    why: 'a million mutations become a million objects',
    suites: [tests('unit/statefun/protocol-codec')],
  },
  {
    name: 'statefun: only promises of our own realm are awaited',
    file: 'src/statefun/run-batch.ts',
    find: 'if (isThenable(outcome)) await outcome;',
    replace: 'if (outcome instanceof Promise) await outcome;',
    why: 'what a function does later is not part of its batch',
    suites: [tests('unit/statefun/statefun')],
  },
  {
    name: 'statefun: a state is assigned without being noted',
    file: 'src/statefun/address-storage.ts',
    find: 'this.#isMutated = true;',
    replace: 'this.#isMutated = this.#value !== undefined;',
    why: 'null deletes, and the engine is not told',
    suites: [tests('unit/statefun/official-programs')],
  },
];
