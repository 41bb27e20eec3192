/**
 * The errors of reading a savepoint. They say which file, and from which byte on it is not what was written.
 */
import { MillraceError } from '../sdk/errors.ts';

export function savepointDamaged(file: string, offset: number, what: string): MillraceError {
  return new MillraceError('SAVEPOINT_DAMAGED', `${file} is damaged at byte ${offset}: ${what}`, {
    details: { file, offset },
  });
}
