/**
 * What a savepoint holds as two numbers that depend on nothing else: not on the kind of store, the number of shards or
 * the division into files. So two savepoints of equal digests hold the same.
 *
 * State: SHA-256 over the number and the SHA-256 of each key group that has records, in their order; parts of whole key
 * groups are digested apart and put together. Messages: the sum, modulo 2^256, of the SHA-256 of each, since between
 * messages of different senders there is no order that would be the same every time.
 */
import { createHash, type Hash, hash } from 'node:crypto';

/** Sees the records of a file, each as it lies in a buffer; the buffer must stay as it is until `settle`. */
export interface RecordDigest {
  add(bytes: Buffer, start: number, end: number, keyGroup: number): void;
  settle(): void;
}

/** What is left of a key group: its number (16, big-endian) and its SHA-256. */
const GROUP_DIGEST_BYTES = 34;

export class StateDigest implements RecordDigest {
  readonly #groups: Buffer[] = [];
  #group = -1;
  #hash: Hash | undefined;
  /** Neighbours are hashed together: a call for each record would cost more than the hash. */
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  add(bytes: Buffer, start: number, end: number, keyGroup: number): void {
    if (keyGroup !== this.#group) this.#begin(keyGroup);
    if (bytes !== this.#bytes || start !== this.#end) {
      this.settle();
      this.#bytes = bytes;
      this.#start = start;
    }
    this.#end = end;
  }

  settle(): void {
    if (this.#end > this.#start) this.#hash?.update(this.#bytes.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #begin(keyGroup: number): void {
    this.#endGroup();
    this.#group = keyGroup;
    this.#hash = createHash('sha256');
  }

  #endGroup(): void {
    this.settle();
    if (this.#hash === undefined) return;
    const digest = Buffer.alloc(GROUP_DIGEST_BYTES);
    digest.writeUInt16BE(this.#group);
    digest.set(this.#hash.digest(), 2);
    this.#groups.push(digest);
    this.#hash = undefined;
  }

  /** The digests of its key groups; those of further groups are appended to it. Nothing can be added any more. */
  groups(): Uint8Array {
    this.#endGroup();
    return new Uint8Array(Buffer.concat(this.#groups));
  }
}

/** The digest of all state, of what the parts have left of their key groups, in the order of those. */
export function stateDigest(parts: readonly Uint8Array[]): string {
  return hash('sha256', Buffer.concat(parts), 'hex');
}

const WRAP = (1n << 256n) - 1n;

export class MessageDigest implements RecordDigest {
  #sum = 0n;

  add(bytes: Buffer, start: number, end: number): void {
    this.addDigest(hash('sha256', bytes.subarray(start, end), 'hex'));
  }

  /** Adds all of what another one has seen. */
  addDigest(digest: string): void {
    this.#sum = (this.#sum + BigInt(`0x${digest}`)) & WRAP;
  }

  settle(): void {}

  get digest(): string {
    return this.#sum.toString(16).padStart(64, '0');
  }
}
