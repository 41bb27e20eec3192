/**
 * The types of namespaces that have been addressed so far, known to all threads of an engine by number. A function that
 * serves a namespace is one function with many types, and nobody knows them before they are sent to; envelopes name them
 * by number all the same. A table in shared memory, append-only; a number means the same on every thread for as long as
 * the engine runs, and nothing with such a number ever goes to disk without its name.
 *
 * ```
 *  word 0: where the next name goes   1 + n: where name n lies, 0 if there is none yet
 *  behind them: │ length (32) │ name in UTF-8, padded to 4 │ …
 * ```
 *
 * Unlike shapes (`shape-registry.ts`), these numbers cannot be done without, so there is no lock that a dead thread could
 * keep. Whoever adds a name first writes it into room of its own, and then puts its place into the first free slot, if
 * the slot is still free; if not, somebody else has added a name, perhaps the same one, and it looks again. So the names
 * in front of a slot are known before it is taken, and no name is there twice. A thread that ends half-way wastes room.
 */
import { assert } from '../base/assert.ts';

export const TYPE_COUNT_MAX = 4096;
const NEXT_WORD = 0;
const SLOTS_WORD = 1;
const NAMES_OFFSET_BYTES = (SLOTS_WORD + TYPE_COUNT_MAX) * 4;
const REGISTRY_BYTES = 512 * 1024;

export function allocateTypeRegistry(): SharedArrayBuffer {
  return new SharedArrayBuffer(REGISTRY_BYTES);
}

/** One thread's view of the table. */
export class TypeRegistry {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
    this.#bytes = new Uint8Array(shared);
  }

  /** A name that some thread has registered. */
  get(number: number): string {
    if (number >= this.#names.length) this.#catchUp();
    const name = this.#names[number];
    assert(name !== undefined, 'a type is registered before its number is used');
    return name;
  }

  /** The number of a name, which is added if need be; undefined when the table is full. */
  register(name: string): number | undefined {
    let at = 0;
    for (;;) {
      this.#catchUp();
      const known = this.#numbers.get(name);
      if (known !== undefined) return known;
      const slot = this.#names.length;
      if (slot === TYPE_COUNT_MAX) return undefined;
      if (at === 0) at = this.#write(name);
      if (at === 0) return undefined;
      Atomics.compareExchange(this.#words, SLOTS_WORD + slot, 0, at);
    }
  }

  /** Whether `register` would give a number now. */
  hasRoomFor(name: string): boolean {
    this.#catchUp();
    if (this.#numbers.has(name)) return true;
    const end = NAMES_OFFSET_BYTES + Atomics.load(this.#words, NEXT_WORD) + roomOf(Buffer.byteLength(name));
    return this.#names.length < TYPE_COUNT_MAX && end <= this.#bytes.length;
  }

  /** Writes a name into room that nobody else gets; returns its place, or 0 if there is none left. */
  #write(name: string): number {
    const text = Buffer.from(name);
    const byteLength = roomOf(text.length);
    const at = NAMES_OFFSET_BYTES + Atomics.add(this.#words, NEXT_WORD, byteLength);
    if (at + byteLength > this.#bytes.length) {
      Atomics.sub(this.#words, NEXT_WORD, byteLength);
      return 0;
    }
    this.#words[at >> 2] = text.length;
    this.#bytes.set(text, at + 4);
    return at;
  }

  /** Whoever sees the place of a name sees the name. */
  #catchUp(): void {
    for (let count = this.#names.length; count < TYPE_COUNT_MAX; count++) {
      const at = Atomics.load(this.#words, SLOTS_WORD + count);
      if (at === 0) return;
      const length = this.#words[at >> 2];
      const name = Buffer.from(this.#bytes.subarray(at + 4, at + 4 + length)).toString();
      this.#numbers.set(name, count);
      this.#names.push(name);
    }
  }
}

/** With its length in front. */
function roomOf(textLength: number): number {
  return 4 + ((textLength + 3) & ~3);
}
