/**
 * Envelopes there and back: every header field, ids of every kind, payloads of every form, wherever the bytes lie.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ID_LENGTH_MAX } from '../../../src/sdk/address.ts';
import { KIND_EGRESS, KIND_FAILURE, KIND_MESSAGE, TYPE_ASKER, TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import { idBytesMax, idEquals, readId, writeId } from '../../../src/wire/id-bytes.ts';
import type { MessageMeta } from '../../../src/wire/message-meta.ts';
import { MessageGate } from '../../../src/wire/message-gate.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { anyMessage, asReceived } from './messages.ts';

const IDS = [
  'a',
  'Kim',
  '0',
  'x'.repeat(ID_LENGTH_MAX),
  'é',
  'ÿ\u0080\u007f',
  '号'.repeat(ID_LENGTH_MAX),
  '🐎'.repeat(ID_LENGTH_MAX / 2),
  '\ufeffmark',
  '\u0000',
  '\ud800',
  'e\u0301',
  'a/b c\n"',
];
const anyId = fc.oneof(fc.constantFrom(...IDS), fc.string({ minLength: 1, unit: 'binary' }));

describe('ids as bytes', () => {
  test('come back as they were, and equal only themselves', () => {
    fc.assert(
      fc.property(anyId, anyId, fc.nat(40), (id, other, at) => {
        const bytes = new Uint8Array(new SharedArrayBuffer(at + idBytesMax(ID_LENGTH_MAX)));
        const written = writeId(id, bytes, at);
        const ascii = written >= 0;
        const byteLength = Math.abs(written);
        expect(byteLength).toBeLessThanOrEqual(idBytesMax(id.length));
        expect(readId(bytes, at, byteLength, ascii)).toBe(id);
        expect(idEquals(id, bytes, at, byteLength, ascii)).toBe(true);
        expect(idEquals(other, bytes, at, byteLength, ascii)).toBe(other === id);
        expect(idEquals(`${id}x`, bytes, at, byteLength, ascii)).toBe(false);
      }),
    );
  });
});

const writingCodec = new PayloadCodec(1 << 24);
const gate = new MessageGate(writingCodec, true);
const writer = new EnvelopeWriter(writingCodec);
const reader = new EnvelopeReader(new PayloadCodec(1 << 24));

const anyHeader = fc.record({
  kind: fc.constantFrom(KIND_MESSAGE, KIND_EGRESS, KIND_FAILURE),
  targetType: fc.oneof(fc.constantFrom(0, 1, 0x7fff, 0x8000, 0xfeff, TYPE_ASKER), fc.nat(0xfeff)),
  targetHash: fc.integer(),
  targetId: fc.oneof(anyId, fc.constant('')),
  source: fc.oneof(
    fc.constant(undefined),
    fc.record({ type: fc.oneof(fc.nat(0xfeff), fc.constant(TYPE_ASKER)), id: anyId }),
  ),
});

const anyText = fc.oneof(
  fc.string({ minLength: 1, maxLength: 128 }),
  fc.string({ minLength: 1, maxLength: 128, unit: 'binary' }),
);
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const anyTrace = fc.oneof(
  fc.record({ causalId: anyText }),
  fc.record({ causalId: anyText, traceparent: fc.constant(traceparent) }),
  fc.record({
    causalId: anyText,
    traceparent: fc.constant(traceparent),
    tracestate: fc.string({ minLength: 1, maxLength: 512 }),
  }),
);
const anyMeta: fc.Arbitrary<MessageMeta | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ attempts: fc.nat(), later: fc.string({ maxLength: 300, unit: 'binary' }) }),
  anyTrace.map((trace) => ({ trace })),
  anyTrace.map((trace) => ({ trace, ifExists: true as const })),
  anyTrace.map((trace) => ({ trace: { ...trace, later: 1 } })),
  fc.double({ noNaN: true }).map((since) => ({ since })),
  fc.record({ since: fc.double({ noNaN: true }), trace: anyTrace }),
  fc.record({ since: fc.double({ noNaN: true }), attempts: fc.nat() }),
);

describe('an envelope', () => {
  test('says what was written, from any place, and again when it has been moved as it is', () => {
    const property = fc.property(anyHeader, anyMessage, anyMeta, fc.nat(30), (header, message, meta, at) => {
      const { kind, targetType, targetHash, targetId, source } = header;
      const admitted = gate.admit(message);
      const [sourceType, sourceId] = source === undefined ? [TYPE_NONE, ''] : [source.type, source.id];
      writer.write(kind, targetType, targetHash, targetId, sourceType, sourceId, admitted, gate.form, meta);
      const first = place(at);
      checkSame();
      // As an overflow or an egress ledger does: from where it lies to somewhere else.
      writer.take(first, at, writer.byteLength);
      place(at + 7);
      first.fill(-1);
      checkSame();

      function checkSame(): void {
        expect([reader.kind, reader.targetType, reader.targetHash]).toEqual([kind, targetType, targetHash]);
        expect(reader.targetId()).toBe(targetId);
        expect(reader.targetIdEquals(targetId)).toBe(true);
        expect(reader.targetIdEquals(`${targetId}.`)).toBe(false);
        expect(reader.sourceType).toBe(sourceType);
        assert.equal(source === undefined ? '' : reader.sourceId(), sourceId);
        assert.deepEqual(reader.meta(), meta);
        assert.deepStrictEqual(reader.payload(), asReceived(message));
      }
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  test('without meta is not a byte longer, and of the same meta many may be written', () => {
    const meta = { attempts: 3 };
    const lengths = [undefined, meta, meta, undefined].map((each) => {
      writer.write(KIND_MESSAGE, 1, 2, 'id', TYPE_NONE, '', gate.admit({ a: 1 }), gate.form, each);
      place(0);
      expect([reader.meta(), reader.payload()]).toEqual([each, { a: 1 }]);
      return writer.byteLength;
    });
    expect(lengths[1]).toBeGreaterThan(lengths[0]);
    expect(lengths).toEqual([lengths[0], lengths[1], lengths[1], lengths[0]]);
  });

  test('whose parts do not add up is refused', () => {
    writer.write(KIND_MESSAGE, 1, 2, 'id', TYPE_NONE, '', gate.admit({ a: 1 }), gate.form);
    const words = new Int32Array(100);
    writer.placeInto(words, 0);
    const wrap = (byteLength: number) => () => reader.wrap(words, new Uint8Array(words.buffer), 0, byteLength);
    expect(wrap(writer.byteLength)).not.toThrow();
    expect(wrap(writer.byteLength + 4)).toThrow('an envelope is as long as its parts');
  });

  function place(at: number): Int32Array {
    const words = new Int32Array(new SharedArrayBuffer(((at + 1) << 2) + ((writer.byteLength + 3) & ~3)));
    words.fill(-1);
    writer.placeInto(words, at);
    expect(words.at(-1)).toBe(-1);
    reader.wrap(words, new Uint8Array(words.buffer), at * 4, writer.byteLength);
    return words;
  }
});
