/** Copies of bytes: all lengths around the one from which they are made in another way. */
import { expect, test } from 'vitest';
import { asBuffer, copyBytes } from '../../../src/base/copy-bytes.ts';

const counted = (byteLength: number): Uint8Array => Uint8Array.from({ length: byteLength }, (_, index) => index + 1);

test.each([0, 1, 47, 48, 49, 200])(
  '%i bytes are copied to where they belong, and nothing beside them',
  (byteLength) => {
    const target = new Uint8Array(byteLength + 8);
    copyBytes(counted(byteLength + 6), 3, 3 + byteLength, target, 4);
    const expected = new Uint8Array(byteLength + 8);
    expected.set(counted(byteLength + 6).subarray(3, 3 + byteLength), 4);
    expect(target).toEqual(expected);
  },
);

test.each([0, 1, 48, 49, 200])('%i bytes as a Buffer', (byteLength) => {
  const bytes = counted(byteLength + 2).subarray(1, 1 + byteLength);
  const buffer = asBuffer(bytes);
  expect(Buffer.isBuffer(buffer)).toBe(true);
  expect([...buffer]).toEqual([...bytes]);
});

test('what is a Buffer stays the same one', () => {
  const buffer = Buffer.from('abc');
  expect(asBuffer(buffer)).toBe(buffer);
});
