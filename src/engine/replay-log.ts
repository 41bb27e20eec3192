/**
 * What the coordinator has sent and no checkpoint holds yet. When the shards go back to the last commit while the
 * process lives on, it is sent again, in order: so a shard's crash loses no message that a client or an ingress gave.
 */
import type { SpillStorage } from '../base/spill.ts';
import type { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { Overflow, type Placeable } from '../wire/overflow.ts';

export class ReplayLog {
  readonly #envelopes: Overflow;
  /** How many of them belong to the epoch that is being committed. */
  #endedCount = 0;

  constructor(storage: SpillStorage, memoryBytesMax: number) {
    this.#envelopes = new Overflow(storage, memoryBytesMax);
  }

  append(envelope: Placeable): void {
    this.#envelopes.append(envelope);
  }

  spill(): void {
    this.#envelopes.spill();
  }

  endEpoch(): void {
    this.#endedCount = this.#envelopes.count;
  }

  committed(): void {
    for (; this.#endedCount > 0; this.#endedCount--) this.#envelopes.drop();
  }

  /**
   * Hands everything to `send` again, by way of the writer, and keeps it. There may be much of it: `rest` is called now and
   * then, for what was sent to leave memory. Returns how many there were.
   */
  replay(writer: EnvelopeWriter, send: (envelope: EnvelopeWriter, hash: number) => void, rest: () => void): number {
    this.#endedCount = 0;
    for (const part of this.#envelopes.parts()) {
      part.visit((words, _bytes, offsetBytes, byteLength) => {
        writer.take(words, offsetBytes >> 2, byteLength);
        send(writer, writer.targetHash);
      });
      rest();
    }
    return this.#envelopes.count;
  }
}
