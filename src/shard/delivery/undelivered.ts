/** A message that a shard has and that its address was not given, or has failed with. */
import type { HeldMessage } from '../../state/entity.ts';

export type Undelivered = Omit<HeldMessage, 'next'>;

/** Marks a source id that still lies in the envelope being read. */
export const ID_IN_ENVELOPE = '';
