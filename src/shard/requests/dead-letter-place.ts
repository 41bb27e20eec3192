/** What requests for dead letters stand on in their shard, and how they find those that are meant. */
import { patternTest, type PortableFilter } from '../../sdk/dead-letter.ts';
import type { DeadLetterRow, DeadLetterRows } from '../failing/dead-letters.ts';
import type { Workplace } from '../workplace.ts';
import { LetterReader } from './letter-reader.ts';

export interface DeadLetterPlace {
  readonly workplace: Workplace;
  readonly letters: DeadLetterRows;
  /** The shard's. */
  readonly firstGroup: number;
  readonly endGroup: number;
  mailboxCount(): number;
  /** For how many more messages from outside there is room; see `Credit`. */
  room(): number;
  /** Somebody goes on when the store holds all that was written so far. */
  storeSoon(): void;
  /** A turn is due. */
  progressed(): void;
}

/** Those behind a key that a filter may mean, by their times; see `DeadLetterRows.parts`. */
export function readerOf(
  { letters, firstGroup, endGroup, progressed }: DeadLetterPlace,
  after: string,
  { from, to }: PortableFilter,
  bitByBit: boolean,
): LetterReader {
  return new LetterReader(letters, letters.parts(after, { firstGroup, endGroup, from, to }, bitByBit), progressed);
}

/** Whether a filter means a row, whose time is right; undefined if it means all of them, and none need be decoded. */
export function filterTest({ type, id, error }: PortableFilter): ((row: DeadLetterRow) => boolean) | undefined {
  if (/^\*+$/.test(type) && /^\*+$/.test(id) && /^\*+$/.test(error)) return undefined;
  const [isType, isId, isError] = [type, id, error].map(patternTest);
  return (row) => {
    if (!isType(row.type) || !isId(row.id)) return false;
    const { name, code, message } = row.error;
    return isError(name) || isError(message) || (code !== undefined && isError(code));
  };
}
