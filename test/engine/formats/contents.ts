/** What is in the data of other versions. */
import type { Kept } from './format-module.ts';

export const IDS: readonly string[] = ['Kim', 'Lou', 'Mo', 'an id with ä and 語'];

export function keptOf(id: string): Kept {
  const nested = { when: new Date(Date.UTC(2026, 0, id.length)), bytes: new Uint8Array([1, 2, id.length]) };
  return { number: id.length / 2, texts: [id, '', 'x'.repeat(300)], nested };
}
