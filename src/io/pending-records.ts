/**
 * Reads back of the journal of an egress what is committed and its consumer was not done with; and the frames of that
 * journal, which `EgressJournal` writes.
 */
import type { CarriedTrace } from '../sdk/trace.ts';
import { type BlockNames, readBlock, shapesOf } from '../wire/envelope-block.ts';
import { EnvelopeReader } from '../wire/envelope-reader.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';

/** The number of the epoch's first record. */
export const FRAME_FIRST = 1;
export const FRAME_RECORDS = 2;
export const FRAME_NAMES = 3;

export interface Epoch {
  readonly epoch: number;
  /** The sequence number after its last record. */
  readonly end: number;
}

/** A record that was committed and not acknowledged. */
export interface PendingRecord {
  readonly payload: unknown;
  readonly form: number;
  readonly trace: CarriedTrace | undefined;
}

export class PendingRecords {
  readonly epochs: Epoch[] = [];
  readonly #acknowledged: number;
  readonly #visit: (record: PendingRecord) => void;
  #epoch = 0;
  #next = 0;
  #blocks: Uint8Array[] = [];
  #names: BlockNames = { functions: {}, shapes: {} };

  constructor(acknowledged: number, visit: (record: PendingRecord) => void) {
    this.#acknowledged = acknowledged;
    this.#visit = visit;
  }

  delta(epoch: number): void {
    this.end();
    this.#epoch = epoch;
  }

  frame(kind: number, frame: Uint8Array): void {
    const text = (): string => Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString();
    if (kind === FRAME_FIRST) this.#next = Number(text());
    else if (kind === FRAME_NAMES) this.#names = JSON.parse(text()) as BlockNames;
    else this.#blocks.push(Uint8Array.from(frame));
  }

  /** All frames of a delta have come. */
  end(): void {
    if (this.#blocks.length === 0) return;
    const reader = new EnvelopeReader(new PayloadCodec(Number.MAX_SAFE_INTEGER, shapesOf(this.#names)));
    for (const block of this.#blocks) {
      readBlock(block, (words, bytes, offsetBytes, byteLength) => {
        reader.wrap(words, bytes, offsetBytes, byteLength);
        if (this.#next++ < this.#acknowledged) return;
        this.#visit({ payload: reader.payload(), form: reader.form, trace: reader.meta()?.trace });
      });
    }
    this.#blocks = [];
    this.epochs.push({ epoch: this.#epoch, end: this.#next });
  }
}
