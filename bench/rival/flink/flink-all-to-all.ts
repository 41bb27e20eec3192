/**
 * Flink StateFun 3.3 with an embedded function: all-to-all in one JVM, with exactly-once checkpoints, state on the heap
 * or in RocksDB. The heap is larger than for remote functions, since everything is in it. RocksDB has room for all of the
 * state in memory, and its checkpoints are incremental.
 */
import { buildFlink, FlinkCluster } from '../../../test/interop/flink-cluster.ts';
import type { Measurement } from '../../harness/benchmark.ts';

export type FlinkStateBackend = 'hashmap' | 'rocksdb';

export interface FlinkAllToAll {
  readonly stateBackend: FlinkStateBackend;
  readonly checkpointMs: number;
  readonly entities: number;
  readonly inflight: number;
  readonly parallelism: number;
  readonly warmSeconds: number;
  readonly seconds: number;
}

const ROCKSDB_TUNING = {
  'taskmanager.memory.managed.size': '1g',
  'state.backend.incremental': 'true',
  'state.backend.rocksdb.predefined-options': 'FLASH_SSD_OPTIMIZED',
};
const EXTRA_SECONDS = 180;

export async function allToAllOnFlink(options: FlinkAllToAll): Promise<Measurement> {
  const { stateBackend, checkpointMs, entities, inflight, parallelism, warmSeconds, seconds } = options;
  await buildFlink();
  const cluster = await FlinkCluster.start({
    endpointUrl: '',
    functions: [],
    egresses: [],
    checkpointMs,
    stateBackend,
    parallelism,
    heap: '2g',
    more: {
      ...(stateBackend === 'rocksdb' ? ROCKSDB_TUNING : {}),
      'millrace.all-to-all': `${warmSeconds}:${seconds}`,
      'millrace.entities': String(entities),
      'millrace.inflight': String(inflight),
    },
  });
  try {
    const said = (name: string): string[] | undefined =>
      cluster.lines.find((line) => line.startsWith(`${name} `))?.split(' ');
    await cluster.until(() => said('total') !== undefined, (warmSeconds + seconds + EXTRA_SECONDS) * 1000);
    const [, took, count] = said('all-to-all') ?? [];
    const [, processed = '', counted = ''] = said('total') ?? [];
    return { value: Number(count) / Number(took), checksum: counted, expected: processed };
  } finally {
    await cluster.stop();
  }
}
