/**
 * `engine.scrub()`: reads all that the stores hold and compares it with its checksums, while the engine goes on. What is
 * damaged is reported and left as it is: whoever reads it in an invocation gets DATA_DAMAGED all the same.
 */
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import { errorOf } from '../shard/failing/failure.ts';
import type { PortableScrubReport } from '../shard/requests/scrub-requests.ts';
import { typed } from './option-checks.ts';
import type { ShardDoor } from './shard-door.ts';

export interface ScrubOptions {
  /** Told from time to time how many entries have been read. */
  onProgress?(entryCount: number): void;
}

/** What a scrub has found. */
export interface ScrubResult {
  /** Entries that were read, damaged ones included: entities, and whatever else is stored by itself. */
  readonly entryCount: number;
  readonly damagedCount: number;
  /** The first of the damaged keys of each shard, as far as they can be read. */
  readonly damagedKeys: readonly string[];
  /** What was found in the files of stores; if a store could not go on, the rest of it was not read. */
  readonly failures: readonly Error[];
}

const OPTIONS = namesOf<ScrubOptions>('onProgress');

/** Throws `INVALID_OPTION`, and what the shards throw. */
export async function scrub(door: ShardDoor, options: ScrubOptions): Promise<ScrubResult> {
  checkFields('INVALID_OPTION', 'engine.scrub', options, OPTIONS);
  const onProgress = typed('onProgress', options.onProgress, 'function', 'a function');
  const counts = new Array<number>(door.shardCount).fill(0);
  const scrubShard = async (shard: number): Promise<PortableScrubReport> => {
    const progressed = (count: number): void => {
      counts[shard] = count;
      onProgress?.(counts.reduce((sum, each) => sum + each));
    };
    const { value } = await door.ask(shard, 'store.scrub', null, { untilCommitted: false, progressed });
    return value as PortableScrubReport;
  };
  const reports = await Promise.all(counts.map((_, shard) => scrubShard(shard)));
  return {
    entryCount: reports.reduce((sum, { entryCount }) => sum + entryCount, 0),
    damagedCount: reports.reduce((sum, { damagedCount }) => sum + damagedCount, 0),
    damagedKeys: reports.flatMap(({ damagedKeys }) => damagedKeys),
    failures: reports.flatMap(({ failure }) => (failure === null ? [] : [errorOf(failure)])),
  };
}
