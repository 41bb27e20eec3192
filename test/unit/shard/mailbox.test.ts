/**
 * The mailbox against a plain array: one queue, whether its messages lie there as objects or encoded, in memory or not.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemorySpillStorage } from '../../../src/base/spill.ts';
import {
  Mailbox,
  SLOT_HASH,
  SLOT_ID,
  SLOT_MESSAGE,
  SLOT_META,
  SLOT_SOURCE_ID,
  SLOT_SOURCE_TYPE,
  SLOT_TYPE,
} from '../../../src/shard/delivery/mailbox.ts';
import type { MessageMeta } from '../../../src/wire/message-meta.ts';

function encoded(number: number): { byteLength: number; placeInto(words: Int32Array, at: number): void } {
  return { byteLength: 40 + (number % 3), placeInto: (words, at) => void (words[at] = number) };
}

function metaOf(number: number): MessageMeta | undefined {
  return number % 3 === 0 ? { attempts: number } : undefined;
}

/** Puts a message where the outbox would put it. */
function put(mailbox: Mailbox, number: number): void {
  if (mailbox.isCrowded) mailbox.pushEncoded(encoded(number));
  else mailbox.push(number % 7, -number, `id ${number}`, { number }, number % 5, `from ${number}`, 0, metaOf(number));
}

/** Takes the oldest, in each of the ways in which the shard does. */
function take(mailbox: Mailbox): number | undefined {
  if (mailbox.objectCount > 0 && mailbox.objectCount % 2 === 0) {
    const visited: unknown[] = [];
    mailbox.takeObject((...fields) => void visited.push(...fields));
    const { number } = visited[3] as { number: number };
    const [type, hash, id, message, sourceType, sourceId, form, meta] = visited;
    assert.deepEqual([type, hash, id, message], [number % 7, -number, `id ${number}`, { number }]);
    assert.deepEqual([sourceType, sourceId, form, meta], [number % 5, `from ${number}`, 0, metaOf(number)]);
    return number;
  }
  if (mailbox.objectCount > 0) {
    const at = mailbox.take();
    const { slots } = mailbox;
    const { number } = slots[at + SLOT_MESSAGE] as { number: number };
    const fields = [SLOT_TYPE, SLOT_HASH, SLOT_ID, SLOT_SOURCE_TYPE, SLOT_SOURCE_ID, SLOT_META].map(
      (slot) => slots[at + slot],
    );
    assert.deepEqual(fields, [number % 7, -number, `id ${number}`, number % 5, `from ${number}`, metaOf(number)]);
    return number;
  }
  let number: number | undefined;
  mailbox.takeEncoded((words, _bytes, offsetBytes, byteLength) => {
    number = words[offsetBytes >> 2];
    expect(byteLength).toBe(encoded(number).byteLength);
  });
  return number;
}

test.each([0, 1, 5, 1_000])('with room for %i objects it is a queue', (objectCountMax) => {
  const steps = fc.array(fc.constantFrom('put', 'put', 'put', 'take', 'take', 'spill'), {
    maxLength: 300,
    size: 'max',
  });
  const property = fc.property(steps, (taken) => {
    const mailbox = new Mailbox(objectCountMax, new MemorySpillStorage(), 0);
    const model: number[] = [];
    for (const [number, step] of taken.entries()) {
      if (step === 'put') {
        put(mailbox, number);
        model.push(number);
      } else if (step === 'take') assert.equal(take(mailbox), model.shift());
      else mailbox.spill();
      assert.equal(mailbox.count, model.length);
      expect(mailbox.objectCount).toBeLessThanOrEqual(objectCountMax);
    }
    while (model.length > 0) expect(take(mailbox)).toBe(model.shift());
    expect([take(mailbox), mailbox.count, mailbox.memoryBytes]).toEqual([undefined, 0, 0]);
  });
  fc.assert(property, { numRuns: 40 });
});

test('it grows around its ends, and keeps the order', () => {
  const mailbox = new Mailbox(10_000, new MemorySpillStorage(), 0);
  let next = 0;
  for (let round = 0; round < 40; round++) {
    for (let count = 0; count < 150; count++) put(mailbox, next + mailbox.count);
    for (let count = 0; count < 50; count++) expect(take(mailbox)).toBe(next++);
  }
  expect(mailbox.objectCount).toBe(4_000);
  while (mailbox.count > 0) expect(take(mailbox)).toBe(next++);
});

test('the oldest can be looked at without being taken', () => {
  const mailbox = new Mailbox(10, new MemorySpillStorage(), 0);
  for (let number = 0; number < 5; number++) put(mailbox, number);
  take(mailbox);
  expect([0, 1, 2, 3].map((index) => mailbox.slots[mailbox.at(index) + SLOT_ID])).toEqual([
    'id 1',
    'id 2',
    'id 3',
    'id 4',
  ]);
});
