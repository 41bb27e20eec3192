/**
 * A file of the simulated disk, whatever its names: what is durable, what a reader sees, and the changes between the two.
 * Nothing but a completed sync makes a change durable. The order in which changes reached the file says nothing about
 * which of them a power loss leaves: each survives, is lost or is torn for itself.
 */
import type { Prng } from '../base/prng.ts';
import { GrowingBytes } from './growing-bytes.ts';

/** What a disk writes as a whole, and a torn write may leave out. */
const PAGE_BYTES = 4096;

/** How likely a change survives, and one that does not is torn. Drawn for each file, so that all and nothing occur, too. */
const SURVIVAL_CHANCES: readonly number[] = [0, 0.5, 0.9, 1];
const TEAR_CHANCES: readonly number[] = [0, 0.5, 1];

interface Change {
  /** Counts all changes of the file. */
  readonly number: number;
  readonly offset: number;
  /** What was written at the offset; undefined if the file was cut off there. */
  readonly bytes: Uint8Array | undefined;
  /** How long the file was then. */
  readonly lengthAfter: number;
  /** Whether a sync would still write it. A failed one leaves it clean and not durable, as Linux does. */
  readonly isDirty: boolean;
}

export class SimulatedFile {
  #durable: GrowingBytes;
  #content: GrowingBytes;
  #changes: Change[] = [];
  #changeCount = 0;

  constructor(bytes?: Uint8Array) {
    this.#durable = new GrowingBytes(bytes);
    this.#content = new GrowingBytes(bytes);
  }

  get byteLength(): number {
    return this.#content.length;
  }

  /** How many changes there were: what a sync that is called now has to cover. */
  get changeCount(): number {
    return this.#changeCount;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#content.read(offset, length);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#content.write(offset, bytes);
    this.#note(offset, bytes.slice());
  }

  truncate(length: number): void {
    this.#content.resize(length);
    this.#note(length, undefined);
  }

  /** Both what is seen and what is durable, as if it had always been so. */
  replace(bytes: Uint8Array): void {
    this.#durable = new GrowingBytes(bytes);
    this.#content = new GrowingBytes(bytes);
    this.#changes = [];
  }

  /**
   * A sync that covers so many changes has succeeded. Of an earlier one that had failed, it has written nothing, and
   * now nothing of that is left: this is the lie that I9 is about.
   */
  completeSync(changeCount: number): void {
    for (const { number, offset, bytes, lengthAfter, isDirty } of this.#changes) {
      if (number > changeCount || !isDirty) continue;
      if (bytes !== undefined) this.#durable.write(offset, bytes);
      this.#durable.resize(lengthAfter);
    }
    this.#changes = this.#changes.filter(({ number }) => number > changeCount);
  }

  /** A sync that covers so many changes has failed: any of them may be on the disk, and none will be written again. */
  failSync(changeCount: number): void {
    this.#changes = this.#changes.map((change) =>
      change.number > changeCount ? change : { ...change, isDirty: false },
    );
  }

  /** Power loss. */
  crash(random: Prng): void {
    const survival = random.pick(SURVIVAL_CHANCES);
    const tear = random.pick(TEAR_CHANCES);
    for (const { offset, bytes } of this.#changes) {
      const survives = random.chance(survival);
      if (bytes === undefined) {
        if (survives) this.#durable.resize(Math.min(this.#durable.length, offset));
      } else if (survives) this.#durable.write(offset, bytes);
      else if (random.chance(tear)) tearWrite(this.#durable, offset, bytes, random);
    }
    this.#content = this.#durable.clone();
    this.#changes = [];
  }

  clone(): SimulatedFile {
    const copy = new SimulatedFile();
    copy.#durable = this.#durable.clone();
    copy.#content = this.#content.clone();
    copy.#changes = [...this.#changes];
    copy.#changeCount = this.#changeCount;
    return copy;
  }

  #note(offset: number, bytes: Uint8Array | undefined): void {
    const number = ++this.#changeCount;
    this.#changes.push({ number, offset, bytes, lengthAfter: this.#content.length, isDirty: true });
  }
}

/** Writes the beginning only; or some of the pages, leaving the others as they were, which is zeros where the file is new. */
function tearWrite(durable: GrowingBytes, offset: number, bytes: Uint8Array, random: Prng): void {
  if (random.chance(0.5)) {
    durable.write(offset, bytes.subarray(0, random.below(bytes.length)));
    return;
  }
  durable.resize(Math.max(durable.length, offset + bytes.length));
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + PAGE_BYTES - ((offset + from) % PAGE_BYTES));
    if (random.chance(0.5)) durable.write(offset + from, bytes.subarray(from, to));
    from = to;
  }
}
