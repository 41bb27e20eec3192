/**
 * From an address to the entity in memory, at random among all entities, as a shard does it for every message.
 *
 * ```
 *   from a ring:     bytes of the id, hash ──▶ reader ────▶ EntityTable.findTarget ─▶ entity
 *   local message:   id (string), hash ───────────────────▶ EntityTable.find ───────▶ entity
 *   the usual way:   bytes of the id ──▶ string ──────────▶ Map.get ────────────────▶ entity
 * ```
 *
 * Rivals: a `Map` of strings, with the very string at hand that is its key, with an equal one, and with one that has to
 * be made from the bytes of an envelope first. The checksum is the sum of the numbers of the entities found.
 */
import { hashId } from '../../src/keys/id-hash.ts';
import { Entity } from '../../src/state/entity.ts';
import { EntityTable, FETCH_COUNT_MAX } from '../../src/state/entity-table.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../src/wire/envelope-writer.ts';
import { PayloadCodec } from '../../src/wire/payload-codec.ts';
import { PLAIN } from '../../src/wire/structured-data.ts';
import { entityIds, TargetDraw } from '../flow/entity-ids.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';

const LOOKUP_COUNT = 10_000;
const FUNCTION_INDEX = 0;
const MESSAGE_BYTES_MAX = 1 << 16;
const ENVELOPE_WORDS_MAX = 32;

export const suites: readonly Suite[] = [
  {
    name: 'entity-lookup',
    about: 'one entity at random among all that a shard holds',
    hasEntities: true,
    contenders: {
      [OURS]: tableByBytes,
      [`${OURS}, fetched ahead`]: tableFetchedAhead,
      [`${OURS}, local message`]: tableByString,
      'Map, the key itself at hand': mapByKey,
      'Map, an equal string at hand': mapByEqualString,
      'Map, string made from the bytes': mapByBytes,
    },
  },
];

export const entityLookupSuites: SuiteFile = { file: import.meta.url, suites };

function tableByBytes(entities: number): Batch {
  const all = entityIds(entities);
  const wanted = want(all);
  const table = tableOf(all);
  const envelopes = new Envelopes(wanted);
  return lookUps(all, wanted, (index) => numberOf(table.findTarget(envelopes.read(index))));
}

/** As a shard does it: the memory that the next look-ups need is read for many of them at once. */
function tableFetchedAhead(entities: number): Batch {
  const all = entityIds(entities);
  const wanted = want(all);
  const table = tableOf(all);
  const envelopes = new Envelopes(wanted);
  const hashes = wanted.map((id) => hashId(id));
  return lookUps(all, wanted, (index) => {
    if (index % FETCH_COUNT_MAX === 0) {
      const end = Math.min(index + FETCH_COUNT_MAX, LOOKUP_COUNT);
      for (let ahead = index; ahead < end; ahead++) table.expect(FUNCTION_INDEX, hashes[ahead]);
      table.fetch();
    }
    return numberOf(table.findTarget(envelopes.read(index)));
  });
}

function tableByString(entities: number): Batch {
  const all = entityIds(entities);
  const wanted = want(entityIds(entities));
  const table = tableOf(all);
  // A local message carries its hash, which was needed to see that it is local.
  const hashes = wanted.map((id) => hashId(id));
  return lookUps(all, wanted, (index) => numberOf(table.find(FUNCTION_INDEX, hashes[index], wanted[index])));
}

function mapByKey(entities: number): Batch {
  const all = entityIds(entities);
  const wanted = want(all);
  const map = mapOf(all);
  return lookUps(all, wanted, (index) => map.get(wanted[index])?.number ?? 0);
}

function mapByEqualString(entities: number): Batch {
  const all = entityIds(entities);
  const wanted = want(entityIds(entities));
  const map = mapOf(all);
  return lookUps(all, wanted, (index) => map.get(wanted[index])?.number ?? 0);
}

function mapByBytes(entities: number): Batch {
  const all = entityIds(entities);
  const wanted = want(all);
  const map = mapOf(all);
  const envelopes = new Envelopes(wanted);
  return lookUps(all, wanted, (index) => map.get(envelopes.read(index).targetId())?.number ?? 0);
}

/** Ids in random order; the same order for everybody. */
function want(ids: readonly string[]): string[] {
  const draw = new TargetDraw(ids, 1);
  return Array.from({ length: LOOKUP_COUNT }, () => draw.next());
}

function lookUps(all: readonly string[], wanted: readonly string[], numberAt: (index: number) => number): Batch {
  const numbers = new Map(all.map((id, number) => [id, number]));
  const expected = wanted.reduce((sum, id) => (sum + (numbers.get(id) ?? 0)) | 0, 0);
  const run = (): number => {
    let sum = 0;
    for (let index = 0; index < LOOKUP_COUNT; index++) sum = (sum + numberAt(index)) | 0;
    return sum;
  };
  return { callCount: LOOKUP_COUNT, run, expected };
}

/** All entities, each with its number as its state. */
function tableOf(ids: readonly string[]): EntityTable {
  const table = new EntityTable();
  for (const [number, id] of ids.entries()) {
    const entity = new Entity(FUNCTION_INDEX, hashId(id), id);
    entity.writeCell(0, number);
    table.add(entity);
  }
  return table;
}

function numberOf(entity: Entity | undefined): number {
  return (entity?.readCell(0) as number | undefined) ?? 0;
}

function mapOf(ids: readonly string[]): Map<string, { number: number }> {
  return new Map(ids.map((id, number) => [id, { number }]));
}

/** Envelopes to the given ids one after another, as they lie in a ring. */
class Envelopes {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #reader: EnvelopeReader;

  constructor(ids: readonly string[]) {
    const codec = new PayloadCodec(MESSAGE_BYTES_MAX);
    const writer = new EnvelopeWriter(codec);
    this.#words = new Int32Array(ids.length * ENVELOPE_WORDS_MAX);
    this.#bytes = new Uint8Array(this.#words.buffer);
    this.#reader = new EnvelopeReader(codec);
    let start = 0;
    for (const id of ids) {
      writer.write(KIND_MESSAGE, FUNCTION_INDEX, hashId(id), id, TYPE_NONE, '', { hops: 1 }, PLAIN);
      writer.placeInto(this.#words, start >> 2);
      this.#starts.push(start);
      this.#lengths.push(writer.byteLength);
      start = (start + writer.byteLength + 3) & ~3;
    }
  }

  read(index: number): EnvelopeReader {
    this.#reader.wrap(this.#words, this.#bytes, this.#starts[index], this.#lengths[index]);
    return this.#reader;
  }
}
