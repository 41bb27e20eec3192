/**
 * `engine.endpoints()`: what the shards say of the endpoints that their functions are called at, and of whatever else lives
 * beside them. It is of this moment, and belongs to no checkpoint.
 */
import type { EndpointStatus } from '../remote/endpoint-status.ts';
import type { ShardDoor } from './shard-door.ts';

type Shared = 'name' | 'since' | 'reason' | 'waitingCount';

/** What one shard says of one endpoint; the numbers of requests are there for those that are called over HTTP. */
export interface EndpointReport extends Pick<EndpointStatus, Shared>, Partial<Omit<EndpointStatus, Shared | 'state'>> {
  readonly shard: number;
  /** Over HTTP: `closed` when all is well, `open` or `probing` when it cannot be reached. */
  readonly state: string;
}

export async function endpoints(door: ShardDoor): Promise<EndpointReport[]> {
  const statusOf = async (shard: number): Promise<EndpointReport[]> => {
    const { value } = await door.ask(shard, 'companions.status', null, { untilCommitted: false });
    return (value as Omit<EndpointReport, 'shard'>[]).map((status) => ({ shard, ...status }));
  };
  const shards = Array.from({ length: door.shardCount }, (_, shard) => statusOf(shard));
  return (await Promise.all(shards)).flat();
}
