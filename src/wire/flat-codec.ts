/**
 * The fast form of a payload, for the messages that most programs mostly send: small flat objects of a few known shapes,
 * and single values. One word for the shape's number, or one that says that the value stands alone; then a word or a few
 * per value; no keys, no bytes to assemble.
 *
 * ```
 *  value:  │ integer (28 bits, signed) │ 0 │      │ 0 │ 1 │ double, 2 words │      │ length │ 2 │ ASCII, padded │
 *          │ 0 undefined, 1 null, 2 false, 3 true │ 3 │      │ length │ 4 │ bytes of a Uint8Array, padded │
 * ```
 *
 * Whatever does not fit (nesting, other types, long text, unknown shapes) is left to MessagePack. Shapes are learnt: a
 * function's messages are tried against the shapes that it was sent before, and a new shape is registered only when it
 * has come up often, so that dictionaries do not fill the table. (See `bench/micro/codec.ts` for what it gains.)
 */
import { copyBytes } from '../base/copy-bytes.ts';
import { idEquals, readId } from './id-bytes.ts';
import type { Shape, ShapeRegistry } from './shape-registry.ts';
import { SHAPE_KEYS_MAX } from './shape-registry.ts';

const TAG_BITS = 4;
const TAG_MASK = 15;
const TAG_INTEGER = 0;
const TAG_DOUBLE = 1;
const TAG_ASCII = 2;
const TAG_CONSTANT = 3;
const TAG_BYTES = 4;
const CONSTANTS = [undefined, null, false, true];

/** Instead of the number of a shape: the message is one value, and no object. */
export const SHAPE_ALONE = -1;
const TEXT_LENGTH_MAX = 255;
const BYTES_LENGTH_MAX = 1_024;
const SCRATCH_WORDS = 1 + SHAPE_KEYS_MAX * (1 + ((BYTES_LENGTH_MAX + 3) >> 2));
/** Texts that come again and again: names of types. One of a length is remembered. */
const NAME_KEY = 'typename';
const NAME_LENGTHS = 64;
/** Targets are told apart by so many low bits of their number; what two of them share is only what to try. */
const HABIT_MASK = 0xff;
/** Shapes that are tried for one target. */
const CANDIDATES_MAX = 3;
/** A shape is registered when a target's messages have so often not been flat. */
const MISSES_BEFORE_REGISTERING = 16;

/** What is known of the messages to one target. */
interface Habit {
  readonly shapes: Shape[];
  missCount: number;
}

type Build = (values: FlatReader) => object;

/** Shapes by number; the engine's registry, or the table that a snapshot brings along. */
export type ShapeTable = Pick<ShapeRegistry, 'get' | 'register'>;

/** Makes objects of a shape in one step, with one hidden class, where code may be generated; else key by key. */
function builderOf(shape: Shape): Build {
  try {
    const fields = shape.keys.map((key) => `${JSON.stringify(key)}:values.${key === NAME_KEY ? 'nextName' : 'next'}()`);
    // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- keys are quoted; nothing else varies
    return new Function('values', `return {${fields.join(',')}}`) as Build;
  } catch {
    return (values) => Object.fromEntries(shape.keys.map((key) => [key, values.next()]));
  }
}

/** Reads values one after the other. */
export class FlatReader {
  readonly #registry: ShapeTable;
  readonly #builders: Build[] = [];
  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Int32Array(this.#double.buffer);
  readonly #names = new Array<string>(NAME_LENGTHS).fill('');
  #words: Int32Array = new Int32Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(registry: ShapeTable) {
    this.#registry = registry;
  }

  /** Decodes the payload that begins at word `at`. */
  decode(words: Int32Array, bytes: Uint8Array, at: number): unknown {
    const number = words[at];
    this.#words = words;
    this.#bytes = bytes;
    this.#at = at + 1;
    if (number === SHAPE_ALONE) return this.next();
    const build = this.#builders[number] ?? this.#builderOf(number);
    return build(this);
  }

  next(): unknown {
    const word = this.#words[this.#at++];
    switch (word & TAG_MASK) {
      case TAG_INTEGER:
        return word >> TAG_BITS;
      case TAG_DOUBLE:
        this.#doubleWords[0] = this.#words[this.#at++];
        this.#doubleWords[1] = this.#words[this.#at++];
        return this.#double[0];
      case TAG_ASCII:
        return this.#text(word >> TAG_BITS);
      case TAG_BYTES:
        return this.#copy(word >> TAG_BITS);
      default:
        return CONSTANTS[word >> TAG_BITS];
    }
  }

  /** The same for what is mostly the name that came last: it is compared, and not made anew. */
  nextName(): unknown {
    const word = this.#words[this.#at];
    const length = word >> TAG_BITS;
    if ((word & TAG_MASK) !== TAG_ASCII || length >= NAME_LENGTHS) return this.next();
    const known = this.#names[length];
    if (!idEquals(known, this.#bytes, (this.#at + 1) * 4, length, true)) {
      return (this.#names[length] = this.next() as string);
    }
    this.#at += 1 + ((length + 3) >> 2);
    return known;
  }

  #copy(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    copyBytes(this.#bytes, this.#at * 4, this.#at * 4 + length, bytes, 0);
    this.#at += (length + 3) >> 2;
    return bytes;
  }

  #text(length: number): string {
    const start = this.#at * 4;
    this.#at += (length + 3) >> 2;
    return readId(this.#bytes, start, length, true);
  }

  #builderOf(number: number): Build {
    const build = builderOf(this.#registry.get(number));
    this.#builders[number] = build;
    return build;
  }
}

export class FlatWriter {
  readonly words: Int32Array = new Int32Array(SCRATCH_WORDS);
  /** Length of what was encoded last. */
  wordCount = 0;

  readonly #bytes = new Uint8Array(this.words.buffer);
  readonly #registry: ShapeTable;
  readonly #habits = Array.from({ length: HABIT_MASK + 1 }, (): Habit => ({ shapes: [], missCount: 0 }));
  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Int32Array(this.#double.buffer);

  constructor(registry: ShapeTable) {
    this.#registry = registry;
  }

  /** Encodes a message that is sent to `target` (the number of its type), or says that it is not flat. */
  encode(message: unknown, target: number): boolean {
    if (typeof message !== 'object' || message === null) return this.#tryAlone(message);
    // Arrays, dates and the like have keys too, or none; only plain objects are what their keys say.
    if (message.constructor !== Object) return message instanceof Uint8Array && this.#tryAlone(message);
    const habit = this.#habits[target & HABIT_MASK];
    for (const shape of habit.shapes) if (this.#tryShape(message as Record<string, unknown>, shape)) return true;
    if (habit.shapes.length < CANDIDATES_MAX && ++habit.missCount % MISSES_BEFORE_REGISTERING === 0) {
      this.#learn(message, habit);
    }
    return false;
  }

  #tryAlone(message: unknown): boolean {
    this.wordCount = 1;
    this.words[0] = SHAPE_ALONE;
    return this.#write(message);
  }

  #tryShape(message: Record<string, unknown>, shape: Shape): boolean {
    const { keys } = shape;
    let count = 0;
    this.wordCount = 1;
    for (const key in message) {
      if (key !== keys[count] || !this.#write(message[key])) return false;
      count++;
    }
    if (count !== keys.length) return false;
    this.words[0] = shape.number;
    return true;
  }

  #write(value: unknown): boolean {
    if (typeof value === 'number') {
      const integer = value | 0;
      if (integer === value && (integer << TAG_BITS) >> TAG_BITS === integer) {
        this.words[this.wordCount++] = (integer << TAG_BITS) | TAG_INTEGER;
      } else {
        this.#writeDouble(value);
      }
      return true;
    }
    if (typeof value === 'string') return this.#writeText(value);
    if (typeof value === 'object' && value !== null) return value instanceof Uint8Array && this.#writeBytes(value);
    const constant = CONSTANTS.indexOf(value as undefined);
    if (constant === -1) return false;
    this.words[this.wordCount++] = (constant << TAG_BITS) | TAG_CONSTANT;
    return true;
  }

  #writeDouble(value: number): void {
    this.#double[0] = value;
    this.words[this.wordCount++] = TAG_DOUBLE;
    this.words[this.wordCount++] = this.#doubleWords[0];
    this.words[this.wordCount++] = this.#doubleWords[1];
  }

  #writeText(text: string): boolean {
    const { length } = text;
    if (length > TEXT_LENGTH_MAX) return false;
    const start = (this.wordCount + 1) * 4;
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      seen |= unit;
      this.#bytes[start + index] = unit;
    }
    if (seen > 0x7f) return false;
    this.words[this.wordCount] = (length << TAG_BITS) | TAG_ASCII;
    this.wordCount += 1 + ((length + 3) >> 2);
    return true;
  }

  #writeBytes(bytes: Uint8Array): boolean {
    const { length } = bytes;
    if (length > BYTES_LENGTH_MAX) return false;
    copyBytes(bytes, 0, length, this.#bytes, (this.wordCount + 1) * 4);
    this.words[this.wordCount] = (length << TAG_BITS) | TAG_BYTES;
    this.wordCount += 1 + ((length + 3) >> 2);
    return true;
  }

  /** Registers the message's shape, if it could ever be flat. */
  #learn(message: object, habit: Habit): void {
    const keys = Object.keys(message);
    if (keys.length > SHAPE_KEYS_MAX || keys.some((key) => key.length > TEXT_LENGTH_MAX)) return;
    this.wordCount = 1;
    if (!Object.values(message).every((value) => this.#write(value))) return;
    const shape = this.#registry.register(keys);
    if (shape !== undefined && !habit.shapes.includes(shape)) habit.shapes.push(shape);
  }
}
