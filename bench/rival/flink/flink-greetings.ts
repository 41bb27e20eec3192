/**
 * Flink StateFun 3.3 under the load of the greeters: a cluster with two task slots in one JVM, exactly-once checkpoints
 * every second, state on the heap, the asynchronous transport, up to 10,000 messages a request. Measured inside the JVM:
 * nothing of that waits for this process.
 */
import { buildFlink, FLINK_MISSING, FlinkCluster } from '../../../test/interop/flink-cluster.ts';
import type { GreetingFigures, GreetingLoad } from '../../flow/greetings-load.ts';

export { FLINK_MISSING };

export interface FlinkFigures {
  /** When the record reaches the sink. */
  readonly processed: GreetingFigures;
  /** When the checkpoint that holds it is complete, which is when an exactly-once sink lets it go. */
  readonly committed: GreetingFigures;
}

export interface FlinkTuning {
  /** How long a buffer may wait to be filled; Flink's own default is 100. Longer is more messages, shorter is sooner. */
  readonly bufferMs: number;
  readonly parallelism: number;
}

const CHECKPOINT_MS = 1_000;
const EXTRA_SECONDS = 120;

export async function greetOnFlink(
  endpointUrl: string,
  tuning: FlinkTuning,
  load: GreetingLoad,
): Promise<FlinkFigures> {
  await buildFlink();
  const cluster = await FlinkCluster.start({
    endpointUrl,
    functions: ['greeter.fns/*'],
    egresses: ['greeter.fns/greetings'],
    checkpointMs: CHECKPOINT_MS,
    parallelism: tuning.parallelism,
    more: {
      'execution.buffer-timeout': `${tuning.bufferMs}ms`,
      'millrace.phases': `${load.rate}:${load.warmSeconds}:${load.seconds}`,
      'millrace.addresses': String(load.addresses),
      'millrace.target': 'greeter.fns/greeter',
    },
  });
  try {
    const said = (name: string): string | undefined => cluster.lines.find((line) => line.startsWith(`${name} `));
    const timeoutMs = (load.warmSeconds + load.seconds + EXTRA_SECONDS) * 1000;
    await cluster.until(() => said('total') !== undefined, timeoutMs);
    return figures(numbers(said('phase')), numbers(said('total')));
  } finally {
    await cluster.stop();
  }
}

function numbers(line: string | undefined): readonly number[] {
  return (line ?? '').split(' ').slice(1).map(Number);
}

/** `phase` and `total` are as Phases.java prints them. */
function figures(phase: readonly number[], total: readonly number[]): FlinkFigures {
  const [, seconds = NaN, ...rest] = phase;
  const [recordCount = NaN, countedCount = NaN] = total;
  const of = ([count = NaN, p50 = NaN, p99 = NaN, p999 = NaN]: readonly number[]): GreetingFigures => ({
    perSecond: count / seconds,
    p50,
    p99,
    p999,
    recordCount,
    countedCount,
  });
  return { processed: of(rest.slice(0, 4)), committed: of(rest.slice(4)) };
}
