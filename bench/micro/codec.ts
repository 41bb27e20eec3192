/**
 * What it costs to give a message to somebody else: let in at the gate (checked and copied) always, encoded into an
 * envelope and decoded again where it crosses a thread.
 *
 * ```
 *   to another shard:  message ──▶ gate ──▶ copy ──▶ envelope in a ring ──▶ message
 *   to the own shard:  message ──▶ gate ──▶ copy ─────────────────────────▶ the same copy
 * ```
 *
 * Four kinds of messages: a small one (one number), a medium one (an order), a large one (that order with 50 lines), and a
 * rich one, with what JSON cannot carry. Rivals: msgpackr, JSON, `v8.serialize`, `structuredClone`, none of which keeps a
 * copy of its own or writes an envelope; and our own way without shapes that both sides know. msgpackr once writes the keys
 * of every object, and once as records, whose structures writer and reader of one stream share. The checksum adds up numbers from
 * all messages that came out.
 */
import { deserialize, serialize } from 'node:v8';
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { hashId } from '../../src/keys/id-hash.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../src/wire/envelope-writer.ts';
import { MessageGate } from '../../src/wire/message-gate.ts';
import { PayloadCodec } from '../../src/wire/payload-codec.ts';
import { allocateShapeRegistry, ShapeRegistry } from '../../src/wire/shape-registry.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';

const MESSAGE_BYTES_MAX = 1 << 20;
const FUNCTION_INDEX = 0;
const ID = 'entity-12345';
const ID_HASH: number = hashId(ID);
const VARIANT_COUNT = 50;
const LINE_COUNT = 50;

interface Kind<Message> {
  readonly name: string;
  readonly about: string;
  make(variant: number): Message;
  /** A number that shows that the message has arrived whole. */
  digest(message: Message): number;
}

interface Order {
  readonly order: string;
  readonly customer: string;
  readonly amount: number;
  readonly currency: string;
  readonly express: boolean;
}

interface Line {
  readonly article: string;
  readonly quantity: number;
  readonly price: number;
}

function orderOf(variant: number): Order {
  const customer = `customer-${variant * 31}`;
  return { order: `order-${variant}`, customer, amount: 1999 + variant, currency: 'EUR', express: variant % 2 === 0 };
}

function linesOf(variant: number): Line[] {
  return Array.from({ length: LINE_COUNT }, (_, line) => ({
    article: `article-${variant * LINE_COUNT + line}`,
    quantity: (line % 7) + 1,
    price: line + 0.5,
  }));
}

const small: Kind<{ hops: number }> = {
  name: 'codec-small',
  about: 'a message of one number there and back: { hops }',
  make: (variant) => ({ hops: 1000 + variant }),
  digest: ({ hops }) => hops,
};

const medium: Kind<Order> = {
  name: 'codec-medium',
  about: 'a message of five fields there and back: an order',
  make: orderOf,
  digest: ({ order, customer, amount, express }) => order.length + customer.length + amount + (express ? 1 : 0),
};

const large: Kind<Order & { lines: Line[] }> = {
  name: 'codec-large',
  about: 'a message of 3 KB there and back: an order with 50 lines',
  make: (variant) => ({ ...orderOf(variant), lines: linesOf(variant) }),
  digest: ({ amount, lines }) => lines.reduce((sum, { quantity, price }) => sum + quantity * price, amount),
};

const rich: Kind<{ at: Date; stock: Map<string, number>; tags: Set<string>; image: Uint8Array; total: bigint }> = {
  name: 'codec-rich',
  about: 'a message with Date, Map, Set, Uint8Array and bigint there and back',
  make: (variant) => ({
    at: new Date(1_700_000_000_000 + variant),
    stock: new Map(['ball', 'bat', 'cap', 'net'].map((article, index) => [article, index * variant])),
    tags: new Set(['new', 'sale', `shelf-${variant}`]),
    image: new Uint8Array(64).fill(variant),
    total: 10n ** 12n + BigInt(variant),
  }),
  digest: ({ at, stock, tags, image, total }) =>
    (at.getTime() % 1000) + (stock.get('net') ?? 0) + tags.size + image[63] + Number(total % 1000n),
};

export const suites: readonly Suite[] = [
  suite(small, true),
  suite(medium, true),
  suite(large, true),
  suite(rich, false),
];

export const codecSuites: SuiteFile = { file: import.meta.url, suites };

function suite<Message>(kind: Kind<Message>, isSimple: boolean): Suite {
  const simple = {
    // Without records it cannot tell a Map from an object.
    msgpackr: () => passing(kind, throughMsgpackr(false)),
    JSON: () => passing(kind, (message) => JSON.parse(JSON.stringify(message)) as Message),
  };
  return {
    name: kind.name,
    about: kind.about,
    contenders: {
      [OURS]: () => passing(kind, across(new ShapeRegistry(allocateShapeRegistry()))),
      [`${OURS}, shapes unknown`]: () => passing(kind, across()),
      [`${OURS}, own shard`]: () => passing(kind, within()),
      'msgpackr, records': () => passing(kind, throughMsgpackr(true)),
      ...(isSimple ? simple : {}),
      'v8.serialize': () => passing(kind, (message) => deserialize(serialize(message)) as Message),
      structuredClone: () => passing(kind, (message) => structuredClone(message)),
    },
  };
}

/** From one thread to another, without the threads. */
function across<Message>(shapes?: ShapeRegistry): (message: Message) => Message {
  const codec = new PayloadCodec(MESSAGE_BYTES_MAX, shapes);
  const gate = new MessageGate(codec, false);
  const writer = new EnvelopeWriter(codec);
  const reader = new EnvelopeReader(codec);
  const words = new Int32Array(MESSAGE_BYTES_MAX >> 2);
  const bytes = new Uint8Array(words.buffer);
  return (message) => {
    const copy = gate.admit(message);
    writer.write(KIND_MESSAGE, FUNCTION_INDEX, ID_HASH, ID, TYPE_NONE, '', copy, gate.form);
    writer.placeInto(words, 0);
    reader.wrap(words, bytes, 0, writer.byteLength);
    return reader.payload() as Message;
  };
}

function within<Message>(): (message: Message) => Message {
  const gate = new MessageGate(new PayloadCodec(MESSAGE_BYTES_MAX), false);
  return (message) => gate.admit(message) as Message;
}

/** With what a rich message needs. */
function throughMsgpackr<Message>(hasRecords: boolean): (message: Message) => Message {
  const options = { useRecords: hasRecords, mapsAsObjects: !hasRecords, moreTypes: true, useBigIntExtension: true };
  // One list for both ends: what the writer adds to it is what the reader looks up.
  const structures: object[] = [];
  const packr = new Packr({ ...options, structures });
  const unpackr = new Unpackr({ ...options, structures });
  return (message) => unpackr.unpack(packr.pack(message)) as Message;
}

function passing<Message>(kind: Kind<Message>, pass: (message: Message) => Message): Batch {
  const messages = Array.from({ length: VARIANT_COUNT }, (_, variant) => kind.make(variant));
  const run = (): number => {
    let sum = 0;
    for (let index = 0; index < messages.length; index++) sum += kind.digest(pass(messages[index]));
    return sum;
  };
  return {
    callCount: messages.length,
    run,
    expected: messages.reduce((sum, message) => sum + kind.digest(message), 0),
  };
}
