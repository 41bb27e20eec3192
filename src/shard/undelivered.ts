/** A message that a shard has and that its address was not given, or has failed with. */
import type { HeldMessage } from '../state/entity.ts';

export type Undelivered = Omit<HeldMessage, 'next'>;
