/**
 * Whether an entity has state, for messages that are only for those that have: some state of it is written, and not
 * cleared or expired. What the engine itself keeps in a cell does not count.
 */
import type { Clock } from '../../base/clock.ts';
import type { Entity } from '../../state/entity.ts';
import { KeptValue } from '../../state/kept-value.ts';
import type { FunctionBinding } from '../function-binding.ts';

export function hasState(entity: Entity, { guards, cellNames, expiryCell }: FunctionBinding, clock: Clock): boolean {
  if (entity.isBlank) return false;
  // Nothing of it expires.
  if (guards === undefined) return true;
  const now = clock.now();
  return cellNames.some((_, cell) => {
    const value = entity.readCell(cell);
    if (value === undefined || cell === expiryCell) return false;
    if (!(value instanceof KeptValue) || value.deadline > now) return true;
    return guards[cell]?.left(value, now) !== undefined;
  });
}
