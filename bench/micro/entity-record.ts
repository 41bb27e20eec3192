/**
 * The record of an entity, as every checkpoint writes it for each entity that has changed.
 *
 * ```
 *   entity (id of about 12 characters, one number; or one small object) ──▶ key and value in a buffer
 * ```
 *
 * Rival: MessagePack for the whole record, with the names in it. The checksum is the sum of the last bytes.
 */
import { Packr } from 'msgpackr/pack';
import { hashId } from '../../src/keys/id-hash.ts';
import { Entity } from '../../src/state/entity.ts';
import { recordNames, RecordWriter } from '../../src/state/record-writer.ts';
import { PayloadCodec } from '../../src/wire/payload-codec.ts';
import { entityIds } from '../flow/entity-ids.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';

const ENTITY_COUNT = 1_000;
const BUFFER_BYTES = 1 << 18;
const STATE = 'count';
const TYPE = 'bench/entity';

export const suites: readonly Suite[] = [
  {
    name: 'entity-record, a number',
    about: 'the record of one entity with one number',
    contenders: {
      [OURS]: () => recording((index) => index),
      'msgpackr, type and id and state': () => packing((index) => index),
    },
  },
  {
    name: 'entity-record, an object',
    about: 'the record of one entity with one object of three fields',
    contenders: {
      [OURS]: () => recording(objectOf),
      'msgpackr, type and id and state': () => packing(objectOf),
    },
  },
];

export const entityRecordSuites: SuiteFile = { file: import.meta.url, suites };

function objectOf(index: number): object {
  return { items: index, total: index * 1.5, paid: index % 2 === 0 };
}

function entitiesWith(valueOf: (index: number) => unknown): Entity[] {
  return entityIds(ENTITY_COUNT).map((id, index) => {
    const entity = new Entity(0, hashId(id), id);
    entity.writeCell(0, valueOf(index));
    return entity;
  });
}

function recording(valueOf: (index: number) => unknown): Batch {
  const writer = new RecordWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER), BUFFER_BYTES);
  const names = recordNames(TYPE, [STATE]);
  return batchOf(entitiesWith(valueOf), (entity) => {
    writer.length = 0;
    writer.write(entity, names);
    return writer.bytes[writer.length - 1];
  });
}

function packing(valueOf: (index: number) => unknown): Batch {
  const packr = new Packr({ useRecords: false });
  return batchOf(entitiesWith(valueOf), (entity) => {
    const bytes = packr.pack([TYPE, entity.id, { [STATE]: entity.readCell(0) }]);
    return bytes[bytes.length - 1];
  });
}

function batchOf(entities: readonly Entity[], lastByte: (entity: Entity) => number): Batch {
  const run = (): number => {
    let sum = 0;
    for (const entity of entities) sum = (sum + lastByte(entity)) | 0;
    return sum;
  };
  return { callCount: entities.length, run, expected: run() };
}
