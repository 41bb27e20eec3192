/**
 * Rows of a range as somebody sees them who has changes of his own that nobody else sees yet.
 */

/** A row as a range gives it. */
export interface FoundRow {
  readonly key: string;
  readonly value: unknown;
}

/** Both in one order; of a key that is in both, what `changes` say. */
export function merged(rows: readonly FoundRow[], changes: readonly FoundRow[]): FoundRow[] {
  const all: FoundRow[] = [];
  let next = 0;
  for (const { key, value } of rows) {
    for (; next < changes.length && changes[next].key < key; next++) all.push(changes[next]);
    // Copied, since a row's value changes.
    if (changes[next]?.key !== key) all.push({ key, value });
  }
  for (; next < changes.length; next++) all.push(changes[next]);
  return all;
}
