/**
 * Takes messages out of the shard's mailbox and has them delivered, a bounded number a turn (I10). What was in the
 * mailbox at a cut is in flight, so it is recorded on its way, before user code sees it (I6).
 */
import { type EntityTable, FETCH_COUNT_MAX } from '../../state/entity-table.ts';
import { KIND_MESSAGE } from '../../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../../wire/envelope-reader.ts';
import type { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { Batches } from '../invocation/batches.ts';
import type { Delivery } from './delivery.ts';
import type { Durability } from '../durable/durability.ts';
import {
  type Mailbox,
  SLOT_FORM,
  SLOT_HASH,
  SLOT_ID,
  SLOT_MESSAGE,
  SLOT_META,
  SLOT_SOURCE_ID,
  SLOT_SOURCE_TYPE,
  SLOT_TYPE,
} from './mailbox.ts';
import type { ShardMarkers } from '../durable/shard-markers.ts';

export interface MailboxDrainPlace {
  readonly mailbox: Mailbox;
  readonly reader: EnvelopeReader;
  readonly writer: EnvelopeWriter;
  readonly entities: EntityTable;
  readonly delivery: Delivery;
  readonly batches: Batches;
  readonly markers: ShardMarkers | undefined;
  readonly durability: Durability | undefined;
  /** Of what is in the mailbox so many messages were in flight at the last commit. They come before anything else. */
  readonly recoveredCount: number;
  /** Lets go of effects, if there are many. */
  dispatchMany(): void;
}

export class MailboxDrain {
  readonly #place: MailboxDrainPlace;
  readonly #mailbox: Mailbox;
  #recoveredCount: number;

  constructor(place: MailboxDrainPlace) {
    this.#place = place;
    this.#mailbox = place.mailbox;
    this.#recoveredCount = place.recoveredCount;
    place.batches.isDeferring = this.isRecovering;
  }

  /**
   * Whether some of what was in flight at the last commit has not been delivered again. It is older than all that comes
   * through channels now, so those must wait (I4).
   */
  get isRecovering(): boolean {
    return this.#recoveredCount > 0;
  }

  /** Delivers at most `countMax` messages; returns how many. */
  drain(countMax: number): number {
    const mailbox = this.#mailbox;
    let count = 0;
    while (mailbox.objectCount > 0 && count < countMax) {
      if (count % FETCH_COUNT_MAX === 0) this.#lookAhead();
      this.#deliverObject(mailbox.slots, mailbox.take());
      count++;
    }
    // Encoded envelopes are younger than all objects, and nothing became an object while there were any.
    while (mailbox.objectCount === 0 && count < countMax && mailbox.takeEncoded(this.#deliverEncoded)) count++;
    if (this.isRecovering) {
      this.#recoveredCount = Math.max(0, this.#recoveredCount - count);
      this.#place.batches.isDeferring = this.isRecovering;
    }
    return count;
  }

  /** Brings the entities of the next messages into the processor's cache, all at the same time. */
  #lookAhead(): void {
    const { slots, objectCount } = this.#mailbox;
    const { entities } = this.#place;
    const count = Math.min(objectCount, FETCH_COUNT_MAX);
    for (let index = 0; index < count; index++) {
      const at = this.#mailbox.at(index);
      entities.expect(slots[at + SLOT_TYPE] as number, slots[at + SLOT_HASH] as number);
    }
    entities.fetch();
    this.#place.dispatchMany();
  }

  #deliverObject(slots: unknown[], at: number): void {
    const type = slots[at + SLOT_TYPE] as number;
    const hash = slots[at + SLOT_HASH] as number;
    const id = slots[at + SLOT_ID] as string;
    const message = slots[at + SLOT_MESSAGE];
    const sourceType = slots[at + SLOT_SOURCE_TYPE] as number;
    const sourceId = slots[at + SLOT_SOURCE_ID] as string;
    const form = slots[at + SLOT_FORM] as number;
    const meta = slots[at + SLOT_META] as MessageMeta | undefined;
    slots[at + SLOT_MESSAGE] = undefined;
    const { markers, durability, writer, delivery } = this.#place;
    if (markers !== undefined && markers.mailboxOpenCount > 0) {
      writer.write(KIND_MESSAGE, type, hash, id, sourceType, sourceId, message, form, meta);
      durability?.recordWritten();
      markers.onMailboxTaken();
    }
    delivery.deliver(type, hash, id, message, sourceType, sourceId, form, meta);
  }

  readonly #deliverEncoded = (words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void => {
    const { markers, durability, reader, delivery } = this.#place;
    if (markers !== undefined && markers.mailboxOpenCount > 0) {
      durability?.record(words, offsetBytes >> 2, byteLength);
      markers.onMailboxTaken();
    }
    reader.wrap(words, bytes, offsetBytes, byteLength);
    delivery.deliverEnvelope();
  };
}
