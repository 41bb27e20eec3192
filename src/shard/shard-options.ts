/**
 * What a shard is told when it is built. All of it is plain data, or is made by the thread that runs the shard.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { SpillStorage } from '../base/spill.ts';
import type { DurableOptions } from './durable/durability.ts';
import type { Suspect } from './failing/suspects.ts';

export interface ShardOptions {
  readonly clock: Clock;
  /** Whether some invocations are timed, for `engine.latency()`. */
  readonly timesMessages?: boolean;
  /** What `ctx.random` draws from; the machine's chance unless a simulation has one of its own. */
  readonly random?: Random;
  readonly storage: SpillStorage;
  readonly messageBytesMax: number;
  /** Memory of one channel's (or the mailbox's) overflow before it goes to disk. */
  readonly overflowBytesMax: number;
  /** Messages kept as objects in the mailbox; more are kept encoded. */
  readonly mailboxCountMax: number;
  /** Messages to busy entities that are kept as objects, in one line and in all; more are kept encoded. */
  readonly lineCountMax?: number;
  readonly heldCountMax?: number;
  /** Messages at which the threads of shards have died. */
  readonly suspects?: readonly Suspect[];
  /** Async invocations and operations under way in the shard at most. */
  readonly asyncCountMax?: number;
  /** Messages to a crowded function that are kept as objects; more are kept encoded. */
  readonly queueCountMax?: number;
  /** Messages that may wait for one address or function before the coordinator must hold back who sends there. */
  readonly floodCountMax?: number;
  /** How many envelopes may wait in this shard before the coordinator must hold back its input. */
  readonly creditCount: number;
  readonly development: boolean;
  /** Where state and checkpoints go; none for a shard in memory only. */
  readonly durable?: DurableOptions;
  /** Envelopes per channel and turn; a simulation takes few, to see more interleavings. */
  readonly batchCount?: number;
}
