import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BodyAllowance } from '../../../src/remote/body-allowance.ts';
import { Inflater, readEncoding } from '../../../src/remote/inflate.ts';
import { ResponseBody } from '../../../src/remote/response-body.ts';

async function inflated(bytesMax: number, encoding: string, bytes: Uint8Array): Promise<string> {
  return await new Promise((resolve) => {
    new Inflater(bytesMax).inflate(encoding, bytes, (error, result) => {
      resolve(error === undefined ? Buffer.from(result).toString() : error.message);
    });
  });
}

test.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
])('%s is inflated up to the limit and no further', async (encoding, pack) => {
  const text = 'x'.repeat(1_000_000);
  expect(await inflated(1_000_000, encoding, pack(text))).toBe(text);
  expect(await inflated(999_999, encoding, pack(text))).toBe('The response is longer than 999999 bytes');
  expect(await inflated(10, encoding, pack(text))).toBe('The response is longer than 10 bytes');
});

test('many at a time are inflated one after the other, and one that is broken holds up none', async () => {
  const inflater = new Inflater(100);
  const results = Array.from({ length: 20 }, async (_, index) => {
    const bytes = index % 3 === 0 ? Buffer.from('none') : gzipSync(String(index));
    return await new Promise<string>((resolve) => {
      inflater.inflate('gzip', bytes, (error, result) =>
        resolve(error === undefined ? Buffer.from(result).toString() : ''),
      );
    });
  });
  expect(await Promise.all(results)).toEqual(
    Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? '' : `${index}`)),
  );
});

test('encodings: one that is known, or none', () => {
  expect(readEncoding(undefined)).toBeUndefined();
  expect(readEncoding(' Identity ')).toBeUndefined();
  expect(readEncoding('GZIP')).toBe('gzip');
  for (const header of ['br', 'gzip, gzip', 'gzip,deflate', 'gzip;q=1']) {
    expect(() => readEncoding(header)).toThrow('which is not one of gzip and deflate');
  }
});

test('a body takes the memory of its bytes, and pieces that are too small are refused', () => {
  const body = new ResponseBody(1_000_000);
  for (let at = 0; at < 4_096; at++) expect(body.add(Buffer.from([at & 255]))).toBeUndefined();
  expect(body.bytes()).toEqual(new Uint8Array(Array.from({ length: 4_096 }, (_, at) => at & 255)));
  expect(body.bytes().buffer.byteLength).toBeLessThanOrEqual(3 * 4_096);
  expect(body.add(Buffer.from([1]))?.message).toBe('The response came in 4097 pieces for 4097 bytes');
  const large = new ResponseBody(1_000_000);
  for (let at = 0; at < 10_000; at++) expect(large.add(Buffer.alloc(100, at))).toBeUndefined();
  expect(large.add(Buffer.from([1]))?.message).toBe('The response is longer than 1000000 bytes');
  expect(large.byteLength).toBe(1_000_000);
  expect(large.bytes()[999_999]).toBe(9_999 & 255);
});

test('of bodies that are too much together all but the oldest rest, and go on when there is room', () => {
  const allowance = new BodyAllowance(100);
  const told: string[] = [];
  const body = (name: string): { rest(): void; goOn(): void } => ({
    rest: () => void told.push(`${name} rests`),
    goOn: () => void told.push(`${name} goes on`),
  });
  const [first, second, third] = [body('first'), body('second'), body('third')];
  allowance.keeps(first, 60);
  allowance.keeps(second, 40);
  allowance.keeps(second, 50);
  allowance.keeps(second, 55);
  allowance.keeps(third, 10);
  allowance.keeps(first, 90);
  expect(told).toEqual(['second rests', 'third rests']);
  expect(allowance.byteLength).toBe(155);
  allowance.gone(first);
  expect(told.slice(2)).toEqual(['second goes on', 'third goes on']);
  allowance.gone(third);
  allowance.gone(second);
  allowance.gone(second);
  expect(allowance.byteLength).toBe(0);
});
