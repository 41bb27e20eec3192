/**
 * What the threads of an engine's shards have allocated on their heaps, as V8 counts it for each of them: nearly all of it
 * is young garbage by the time of the next question. A module that has `threadHeap` can be asked, whatever runs in it.
 */
import { getHeapStatistics } from 'node:v8';
import { defineFunction, type Engine } from '../../src/index.ts';
import { idOnShard } from './entity-ids.ts';

const TYPE = 'bench/thread-heap';

/** Answers the bytes that its thread has allocated since it began. */
export const threadHeap = defineFunction({
  type: TYPE,
  invoke(ctx) {
    const { total_allocated_bytes: bytes } = getHeapStatistics();
    ctx.reply(bytes);
  },
});

/** Of all shards together. */
export async function allocatedBytes(engine: Engine): Promise<number> {
  const ids = Array.from({ length: engine.shardCount }, (_, shard) => idOnShard('heap', shard, engine.shardCount));
  const answers = await Promise.all(ids.map((id) => engine.ask(TYPE, id, null, { until: 'processed' })));
  return answers.reduce((sum: number, bytes) => sum + Number(bytes), 0);
}
