/** Dead letters, read off their rows, for tests to look at. */
import type { DeadLetter } from '../sdk/dead-letter.ts';
import { deadLetterOf, type DeadLetterRow, isDeadLetterKey, messageOf } from '../shard/failing/dead-letters.ts';

/** All of them, by when they failed. */
export function deadLettersOf(rows: ReadonlyMap<string, unknown>): DeadLetter[] {
  const found = [...rows].filter(([key]) => isDeadLetterKey(key)) as [string, DeadLetterRow][];
  const letters = found.map(([key, row]): DeadLetter => ({ ...deadLetterOf(key, row), message: messageOf(row) }));
  return letters.sort((one, other) => one.failedAt - other.failedAt);
}
