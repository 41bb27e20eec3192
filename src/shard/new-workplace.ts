/**
 * Puts together what the invocations of a shard share, of what the shard has and of what it was told.
 */
import { systemRandom } from '../base/random.ts';
import type { EnvelopeWriter } from '../wire/envelope-writer.ts';
import type { PayloadCodec } from '../wire/payload-codec.ts';
import { ExpiryDues } from './expiry-dues.ts';
import { Failures } from './failures.ts';
import type { ShardOptions } from './shard-options.ts';
import { HeldWork } from './held-work.ts';
import type { Workplace } from './workplace.ts';

/** What a shard has. */
export interface WorkplaceGround extends Pick<Workplace, 'directory' | 'effects' | 'gate' | 'reader' | 'rows'> {
  readonly codec: PayloadCodec;
  readonly writer: EnvelopeWriter;
}

export function newWorkplace({ codec, writer, ...ground }: WorkplaceGround, options: ShardOptions): Workplace {
  const { clock, random = systemRandom, development, durable } = options;
  return {
    ...ground,
    clock,
    random,
    dues: new ExpiryDues(),
    failures: new Failures({ ...ground, clock, random }, durable !== undefined),
    held: new HeldWork({ ...options, ...ground, codec, writer }),
    development,
    checksState: development || durable !== undefined,
  };
}
