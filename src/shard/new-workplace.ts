/**
 * Puts together what the invocations of a shard share, of what the shard has and of what it was told.
 */
import type { ShardIndex } from '../base/brand.ts';
import { systemRandom } from '../base/random.ts';
import type { Mesh } from '../channel/mesh.ts';
import { keyGroupRange } from '../keys/key-group.ts';
import { KIND_FLOOD } from '../wire/envelope-layout.ts';
import type { EnvelopeWriter } from '../wire/envelope-writer.ts';
import type { PayloadCodec } from '../wire/payload-codec.ts';
import { ExpiryDues } from './rows/expiry-dues.ts';
import { Failures } from './failing/failures.ts';
import { Floods } from './delivery/floods.ts';
import { Meter } from './meter.ts';
import type { OutboundChannels } from './outbound-channels.ts';
import { Parking } from './failing/parking.ts';
import type { ShardOptions } from './shard-options.ts';
import { HeldWork } from './delivery/held-work.ts';
import { Suspects } from './failing/suspects.ts';
import { Timers } from './time/timers.ts';
import type { TimersPlace } from './time/timers-place.ts';
import type { Workplace } from './workplace.ts';

/** What a shard has. */
export interface WorkplaceGround
  extends Pick<Workplace, 'directory' | 'effects' | 'entities' | 'gate' | 'reader' | 'rows'> {
  readonly codec: PayloadCodec;
  readonly writer: EnvelopeWriter;
  readonly mesh: Mesh;
  readonly outbound: OutboundChannels;
}

/** What its delayed messages ask of a shard. */
export type WorkplaceHooks = Pick<TimersPlace, 'room' | 'progressed'>;

export function newWorkplace(
  { codec, writer, mesh, outbound, ...ground }: WorkplaceGround,
  options: ShardOptions,
  hooks: WorkplaceHooks,
): Workplace {
  const { clock, random = systemRandom, development, durable } = options;
  const keyGroups = keyGroupRange(mesh.thread as ShardIndex, mesh.shardCount);
  const stored = durable && { baseEpoch: durable.appliedEpoch };
  const floods = new Floods((word) => {
    outbound.sendControl(KIND_FLOOD, mesh.coordinator, word);
  }, options.floodCountMax);
  const parking = new Parking({ ...ground, clock, keyGroups });
  const suspects = new Suspects(
    { lookout: mesh.counters.lookout(mesh.thread), codec, clock, keyGroups },
    options.suspects ?? [],
  );
  return {
    ...ground,
    clock,
    random,
    dues: new ExpiryDues(),
    failures: new Failures({ ...ground, clock, random, parking }, durable !== undefined),
    parking,
    suspects,
    held: new HeldWork({ ...options, ...ground, codec, writer, floods, suspects }),
    timers: new Timers({ ...ground, ...hooks, clock, keyGroups, stored }),
    meter: new Meter(clock, options.timesMessages === true),
    development,
    checksState: development || durable !== undefined,
  };
}
