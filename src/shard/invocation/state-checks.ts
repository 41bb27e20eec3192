/**
 * What a function may keep: structured data, as in a message. It is looked at where it is assigned, since later nobody
 * could say who has done it, or undo it; and it is told of which state of which function it was to be.
 */
import { deepFreeze } from '../../sdk/immutable.ts';
import { placeInState, refuseState } from '../../state/cell-guard.ts';
import type { Entity } from '../../state/entity.ts';
import { inspectState } from '../../wire/structured-data.ts';
import type { FunctionBinding } from '../function-binding.ts';
import type { Workplace } from '../workplace.ts';

/** Freezes it in development. Throws `MESSAGE_NOT_ENCODABLE`. */
export function checkStateValue({ checksState, development }: Workplace, value: unknown): void {
  // In production and without a data directory objects stay where they are, unseen.
  if (typeof value === 'object' && !checksState) return;
  inspectState(value);
  if (development) deepFreeze(value);
}

/** The same for the cell of a value, which the error names. */
export function checkCell(
  place: Workplace,
  { type, shape }: FunctionBinding,
  entity: Entity,
  index: number,
  value: unknown,
): void {
  try {
    checkStateValue(place, value);
  } catch (error) {
    refuseState(error, placeInState(type, entity.id, shape.slots[index].name));
  }
}
