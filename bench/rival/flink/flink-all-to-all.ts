/**
 * Flink StateFun 3.3 with an embedded function: all-to-all in one JVM, state on the heap, exactly-once checkpoints every
 * second. The heap is larger than for remote functions, since everything is in it.
 */
import { buildFlink, FlinkCluster } from '../../../test/interop/flink-cluster.ts';
import type { Measurement } from '../../harness/benchmark.ts';

export interface FlinkAllToAll {
  readonly entities: number;
  readonly inflight: number;
  readonly parallelism: number;
  readonly warmSeconds: number;
  readonly seconds: number;
}

const CHECKPOINT_MS = 1_000;
const EXTRA_SECONDS = 180;

export async function allToAllOnFlink(options: FlinkAllToAll): Promise<Measurement> {
  const { entities, inflight, parallelism, warmSeconds, seconds } = options;
  await buildFlink();
  const cluster = await FlinkCluster.start({
    endpointUrl: '',
    functions: [],
    egresses: [],
    checkpointMs: CHECKPOINT_MS,
    parallelism,
    heap: '2g',
    more: {
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
