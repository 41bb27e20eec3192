/**
 * Envelopes on their way to disk: kept as they are, one after the other, in the order in which they must be given back.
 * A snapshot keeps its messages in flight like this, and an egress its records.
 *
 * Envelopes name functions and shapes by numbers that mean nothing outside this engine, so the names of all numbers
 * that are used are collected beside them.
 *
 * ```
 *   │ length (32) │ envelope, padded to 4 │ length │ …          names: { "functions": {…}, "shapes": {…} } as JSON
 * ```
 */
import {
  FLAG_FLAT_PAYLOAD,
  HEADER_WORDS,
  TYPE_ASKER,
  TYPE_NONE,
  WORD_KIND,
  WORD_SOURCE,
  WORD_TARGET,
} from './envelope-layout.ts';
import { SHAPE_ALONE, type ShapeTable } from './flat-codec.ts';
import type { Shape } from './shape-registry.ts';

const CAPACITY_BYTES_MIN = 1 << 12;
/** A buffer that was blown up once is let go above this. */
const CAPACITY_BYTES_KEPT = 1 << 20;

/** What the numbers in a block's envelopes meant to the engine that wrote it. */
export interface BlockNames {
  readonly functions: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, readonly string[]>>;
}

interface NameSource {
  typeName(number: number): string | undefined;
}

interface ShapeSource {
  get(number: number): Shape;
}

/** The shapes that a block brought along, for a codec that reads its envelopes. */
export function shapesOf(names: BlockNames): ShapeTable {
  return { get: (number) => ({ number, keys: names.shapes[number] ?? [] }), register: () => undefined };
}

export class EnvelopeBlock {
  /** How many envelopes since `begin`. */
  count = 0;
  #words = new Int32Array(CAPACITY_BYTES_MIN >> 2);
  #length = 0;
  readonly #types = new Set<number>();
  readonly #shapes = new Set<number>();

  begin(): void {
    this.count = 0;
    this.#types.clear();
    this.#shapes.clear();
  }

  get byteLength(): number {
    return this.#length * 4;
  }

  /** Keeps the envelope that lies at `startWord`. */
  add(words: Int32Array, startWord: number, byteLength: number): void {
    const count = (byteLength + 3) >> 2;
    const at = this.#claim(byteLength, count);
    for (let index = 0; index < count; index++) this.#words[at + index] = words[startWord + index];
    this.#note(at);
  }

  /** Keeps an envelope that somebody places. */
  place(envelope: { readonly byteLength: number; placeInto(words: Int32Array, at: number): void }): void {
    const at = this.#claim(envelope.byteLength, (envelope.byteLength + 3) >> 2);
    envelope.placeInto(this.#words, at);
    this.#note(at);
  }

  /** The bytes so far, valid until the next call; then begins anew. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#words.buffer, 0, this.#length * 4);
    this.#length = 0;
    if (this.#words.byteLength > CAPACITY_BYTES_KEPT) this.#words = new Int32Array(CAPACITY_BYTES_MIN >> 2);
    return bytes;
  }

  names(functions: NameSource, shapes: ShapeSource): BlockNames {
    return {
      functions: Object.fromEntries([...this.#types].map((type) => [type, functions.typeName(type) ?? ''])),
      shapes: Object.fromEntries([...this.#shapes].map((shape) => [shape, shapes.get(shape).keys])),
    };
  }

  #claim(byteLength: number, wordCount: number): number {
    const at = this.#length + 1;
    if (at + wordCount > this.#words.length) {
      const larger = new Int32Array((at + wordCount) * 2);
      larger.set(this.#words.subarray(0, this.#length));
      this.#words = larger;
    }
    this.#words[this.#length] = byteLength;
    this.#length = at + wordCount;
    return at;
  }

  #note(at: number): void {
    const words = this.#words;
    const kindWord = words[at + WORD_KIND];
    const targetWord = words[at + WORD_TARGET];
    const sourceType = targetWord >>> 16;
    this.count++;
    this.#types.add(kindWord >>> 16);
    if (sourceType !== TYPE_NONE && sourceType !== TYPE_ASKER) this.#types.add(sourceType);
    const shapeAt = flatShapeAt(words, at);
    if (shapeAt !== -1) this.#shapes.add(words[shapeAt]);
  }
}

/** Where the envelope that lies at `at` has the number of its payload's shape, in words; -1 if it names none. */
export function flatShapeAt(words: Int32Array, at: number): number {
  if (((words[at + WORD_KIND] >>> 8) & FLAG_FLAT_PAYLOAD) === 0) return -1;
  const sourceWord = words[at + WORD_SOURCE];
  const idWords = (((words[at + WORD_TARGET] & 0xffff) + 3) >> 2) + (((sourceWord & 0xffff) + 3) >> 2);
  const metaWords = ((sourceWord >>> 16) + 3) >> 2;
  const shapeAt = at + HEADER_WORDS + idWords + metaWords;
  return words[shapeAt] === SHAPE_ALONE ? -1 : shapeAt;
}

/** Shows the envelopes of a block one after the other, in a copy that is the visitor's. */
export function readBlock(
  block: Uint8Array,
  visit: (words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number) => void,
): void {
  // Envelopes are read by words, so they must lie at a multiple of 4.
  const bytes = new Uint8Array(block);
  const words = new Int32Array(bytes.buffer);
  for (let at = 0; at < words.length; ) {
    const byteLength = words[at];
    visit(words, bytes, (at + 1) * 4, byteLength);
    at += 1 + ((byteLength + 3) >> 2);
  }
}
