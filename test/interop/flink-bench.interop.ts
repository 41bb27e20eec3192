/**
 * The Flink that the benchmarks compare with, in small: it does the work that is asked for, and counts it all. A JVM takes
 * too long for the benchmarks' own smoke size, so this stands here.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { allToAllOnFlink } from '../../bench/rival/flink/flink-all-to-all.ts';
import { buildFlink, FLINK_MISSING } from './flink-cluster.ts';

const skipped = FLINK_MISSING === undefined ? '' : `, skipped: ${FLINK_MISSING}`;
const SMALL = { checkpointMs: 1_000, entities: 1_000, inflight: 100, parallelism: 2, warmSeconds: 1, seconds: 1 };

describe.skipIf(FLINK_MISSING !== undefined)(`Flink StateFun 3.3 under the benchmarks' load${skipped}`, () => {
  beforeAll(buildFlink);

  it.each(['hashmap', 'rocksdb'] as const)('all-to-all, embedded, with state in %s', async (stateBackend) => {
    const { value, checksum, expected } = await allToAllOnFlink({ ...SMALL, stateBackend });
    expect(value).toBeGreaterThan(0);
    expect(Number(expected)).toBeGreaterThan(0);
    expect(checksum).toBe(expected);
  });
});
