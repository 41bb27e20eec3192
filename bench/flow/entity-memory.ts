/**
 * How much resident memory an entity with one number takes, in an engine without a data directory.
 *
 * ```
 *   process A: engine, n entities ─▶ memory    process B: engine, a tenth of them, 10 times ─▶ memory    (A − B) ÷ 0.9 n
 * ```
 *
 * The difference leaves out what an engine takes anyway, and what its threads take for handling messages: both processes
 * handle as many, or the young generations of B, which V8 lets grow by what survives, would still be small. It counts what the processes hold, garbage that the collectors
 * have left included, without mapped files. Ids have up to 14 characters. Rival: a `Map` of the same ids and numbers in
 * one thread. The checksum is the sum that a sample of the entities holds.
 */
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child } from '../harness/child.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { loadedSum } from './walk.ts';
import type { MemoryTask } from './memory-process.ts';

const ENTITIES = 1_000_000;
/** Fewer say nothing, not even in small. */
const SMOKE_ENTITIES = 20_000;
const TENTH = 10;
const SETTLE_MS = 1_000;
const OURS_PROCESS = new URL('./memory-process.ts', import.meta.url);
const MAP_PROCESS = new URL('../rival/map-memory-process.ts', import.meta.url);

export const entityMemory: Benchmark = {
  name: 'entity-memory',
  unit: 'bytes an entity',
  describe: (options) => `${countFor(options).toLocaleString('en-US')} entities with one number each, in memory`,
  figures: [],
  limits: [{ of: 'value', atMost: 200 }],
  contenders: (options) => [
    contender(OURS, OURS_PROCESS, options),
    contender('Map of strings and objects, one thread', MAP_PROCESS, options),
  ],
};

function countFor(options: Options): number {
  return entityCount(options, ENTITIES, SMOKE_ENTITIES);
}

function contender(name: string, process: URL, options: Options): Contender {
  return {
    name,
    async measure(progress): Promise<Measurement> {
      const entities = countFor(options);
      const settleMs = options.size === 'smoke' ? 0 : SETTLE_MS;
      const few = Math.max(1, Math.floor(entities / TENTH));
      progress(`${few} entities`);
      const [small] = await inProcess(process, { entities: few, shards: options.shards, rounds: TENTH, settleMs });
      progress(`${entities} entities`);
      const [large, sum] = await inProcess(process, { entities, shards: options.shards, rounds: 1, settleMs });
      // In small the noise may be as large as what is measured.
      const value = Math.max(1, (large - small) / (entities - few));
      return { value, checksum: String(sum), expected: String(loadedSum(entities)) };
    },
  };
}

async function inProcess(url: URL, task: MemoryTask): Promise<readonly [number, number]> {
  const child = new Child<'measure'>(url, task);
  try {
    const { anonymousBytes, sum } = await child.ask('measure');
    return [anonymousBytes, sum];
  } finally {
    await child.end();
  }
}
