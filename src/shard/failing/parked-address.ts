/**
 * One parked address: its record, and where its rows lie. What it means is the business of `Parking`, which owns it.
 */
import type { DeadLetterError } from '../../sdk/dead-letter.ts';
import type { Entity, ParkedLine } from '../../state/entity.ts';
import { rowPrefix, unsigned } from '../../state/row.ts';
import { SECTION_PARKED } from '../../store/key-layout.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { FunctionBinding } from '../function-binding.ts';
import type { Undelivered } from '../delivery/undelivered.ts';

const NUMBER_BYTES = 6;

export interface ParkedRecord {
  readonly error: DeadLetterError;
  readonly attempts: number;
  readonly parkedAt: number;
  /** The number of its first message, and of the next to come. */
  readonly first: number;
  readonly next: number;
  readonly isGoingOn: boolean;
}

export interface ParkedMessage {
  readonly source: readonly [type: string, id: string] | null;
  readonly message: Uint8Array;
  readonly meta: MessageMeta | null;
}

/** Whether a key of this section, whose address ends there, is that of a message: not of the record. */
export function isParkedMessage(key: string, addressEnd: number): boolean {
  return key.length === addressEnd + NUMBER_BYTES;
}

export class ParkedAddress implements ParkedLine {
  readonly entity: Entity;
  readonly binding: FunctionBinding;
  readonly prefix: string;
  /** The place in lists. */
  readonly ordinal: number;
  record: ParkedRecord;
  /** Whether its state is in memory. */
  isLoaded: boolean;
  /** Whether it goes on already. */
  isUnderWay = false;
  readonly #held: (address: ParkedAddress, message: Undelivered) => void;

  constructor(
    entity: Entity,
    binding: FunctionBinding,
    record: ParkedRecord,
    ordinal: number,
    isLoaded: boolean,
    held: (address: ParkedAddress, message: Undelivered) => void,
  ) {
    this.entity = entity;
    this.binding = binding;
    this.prefix = rowPrefix(SECTION_PARKED, binding.type, entity.hash, entity.id);
    this.record = record;
    this.ordinal = ordinal;
    this.isLoaded = isLoaded;
    this.#held = held;
  }

  hold(message: unknown, sourceType: number, sourceId: string, form: number, meta: MessageMeta | undefined): void {
    this.#held(this, { message, sourceType, sourceId, form, meta });
  }

  keyOf(number: number): string {
    return this.prefix + unsigned(number, NUMBER_BYTES);
  }
}
