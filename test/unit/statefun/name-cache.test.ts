/** Names that are said again and again: the same text and the same bytes, whoever else has had their place meanwhile. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NameCache } from '../../../src/statefun/name-cache.ts';

const LENGTH_MAX = 64;
const names = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 70 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  // Many that share their length, first, middle and last character, and so their place.
  fc.integer({ min: 0, max: 99 }).map((number) => `io.statefun.types/${number + 100}/string`),
);

/** What it says of the bytes of the text, with others around them. */
function readBy(cache: NameCache, text: string): string | undefined {
  const bytes = Buffer.from(`<${text}>`);
  return cache.read(bytes, 1, bytes.length - 1);
}

/** The text that the bytes are which it says for the text. */
function writtenBy(cache: NameCache, text: string): string | undefined {
  const bytes = cache.bytesOf(text);
  return bytes && Buffer.from(bytes).toString();
}

test('a text has its bytes, and bytes have their text, if it is short and all ASCII', () => {
  const isShort = (text: string): boolean => text.length > 0 && text.length <= LENGTH_MAX && /^[\0-\x7f]+$/.test(text);
  const property = fc.property(fc.array(fc.tuple(names, fc.boolean()), { maxLength: 40 }), (steps) => {
    const cache = new NameCache();
    for (const [text, isRead] of steps) {
      expect(isRead ? readBy(cache, text) : writtenBy(cache, text)).toBe(isShort(text) ? text : undefined);
    }
  });
  fc.assert(property, { numRuns: 300 });
});
