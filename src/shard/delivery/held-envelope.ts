/**
 * How a message waits that came as an envelope and that an invocation will take together with others. Where more than a
 * few gather in a line they stay envelopes: these are copied to where they wait, and to where a checkpoint writes them.
 * Objects would be made here, encoded there, and be moved about by the garbage collector meanwhile.
 */
import type { Entity } from '../../state/entity.ts';
import { TYPE_NONE } from '../../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../../wire/envelope-reader.ts';
import type { WaitingLines } from './waiting-lines.ts';

/** With so few objects in a line, bytes of its own are not worth their making. */
const SHORT_COUNT = 4;

/** Puts the message of the envelope that is read at the end of the line of an entity, which is busy. */
export function holdEnvelope(lines: WaitingLines, entity: Entity, reader: EnvelopeReader): void {
  const line = entity.waiting;
  const isLong = line?.overflow !== undefined || (line?.objectCount ?? 0) >= SHORT_COUNT;
  if (line !== undefined && line.parked === undefined && isLong) {
    lines.holdEncoded(entity, line, reader);
    return;
  }
  const { sourceType, form } = reader;
  const sourceId = sourceType === TYPE_NONE ? '' : reader.sourceId();
  lines.hold(entity, reader.payload(), sourceType, sourceId, form, reader.meta());
}
