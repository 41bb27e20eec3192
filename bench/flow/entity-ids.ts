/**
 * The ids that flows address, and the sequence in which all-to-all draws them. The engine and its rivals use the same
 * ones, so that none of them gets cheaper strings or a cheaper generator.
 */
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';

/**
 * `entity-0` … in one array, made before anything is measured. The strings are flat: one that was put together by
 * concatenation alone would be put together again on first use, amid the measurement.
 */
export function entityIds(count: number): string[] {
  return namedIds('entity', count);
}

export function namedIds(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => flat(`${name}-${index}`));
}

function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Ids at random: Marsaglia's xorshift with 32 bits, three shifts a draw. */
export class TargetDraw {
  readonly #ids: readonly string[];
  #x: number;

  /** Threads draw different sequences when they give different seeds. */
  constructor(ids: readonly string[], seed: number) {
    this.#ids = ids;
    this.#x = Math.imul(seed + 1, 0x9e3779b1) | 1;
  }

  next(): string {
    let x = this.#x;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#x = x;
    return this.#ids[(x >>> 0) % this.#ids.length];
  }
}

/** The first of `name-0`, `name-1` … that lives on the given shard. */
export function idOnShard(name: string, shard: number, shardCount: number): string {
  for (let index = 0; ; index++) {
    const id = flat(`${name}-${index}`);
    if (shardOfHash(hashId(id), shardCount) === shard) return id;
  }
}
