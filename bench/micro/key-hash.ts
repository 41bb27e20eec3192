/**
 * The hash of an id, which every message needs once: it decides which shard owns an entity, and where to look for it.
 *
 * ```
 *   id (a string of about 12 characters) ──▶ 32 bits
 * ```
 *
 * Rivals: what Node offers for strings (`zlib.crc32`, `crypto.hash`), and FNV-1a over the bytes of the string. Each has
 * its own checksum, the sum of all hashes, computed once beforehand.
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { hashId } from '../../src/keys/id-hash.ts';
import { entityIds } from '../flow/entity-ids.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';

const FIRST = 50_000;
const ID_COUNT = 1_000;

export const suites: readonly Suite[] = [
  {
    name: 'key-hash',
    about: 'the hash of one id of 12 characters',
    contenders: {
      [OURS]: () => hashing((id) => hashId(id)),
      'zlib.crc32': () => hashing((id) => crc32(id)),
      'FNV-1a over UTF-8 bytes': () => hashing(fnvOfBytes),
      'crypto.hash, md5': () => hashing((id) => hash('md5', id, 'buffer').readInt32LE(0)),
    },
  },
];

export const keyHashSuites: SuiteFile = { file: import.meta.url, suites };

function hashing(hashOf: (id: string) => number): Batch {
  const ids = entityIds(FIRST + ID_COUNT).slice(FIRST);
  const run = (): number => {
    let sum = 0;
    for (let index = 0; index < ids.length; index++) sum = (sum + hashOf(ids[index])) | 0;
    return sum;
  };
  return { callCount: ids.length, run, expected: run() };
}

function fnvOfBytes(id: string): number {
  const bytes = Buffer.from(id, 'utf8');
  let fnv = 0x811c9dc5 | 0;
  for (let index = 0; index < bytes.length; index++) fnv = Math.imul(fnv ^ bytes[index], 0x01000193);
  return fnv;
}
