/**
 * Puts together the durable side of a shard, of what the shard has and of what it does when something has come about.
 */
import type { Mesh } from '../../channel/mesh.ts';
import { Durability, type DurabilityPlace, type DurableOptions } from './durability.ts';
import type { Invoker } from '../invocation/invoker.ts';
import type { Mailbox } from '../delivery/mailbox.ts';
import type { OutboundChannels } from '../outbound-channels.ts';
import type { Outbox } from '../outbox.ts';
import { ShardMarkers } from './shard-markers.ts';

/** What a shard has. */
export interface DurabilityGround extends Pick<DurabilityPlace, 'directory' | 'rows' | 'entities' | 'writer'> {
  readonly mesh: Mesh;
  /** Not there yet when this is made. */
  markers(): ShardMarkers | undefined;
  invoker(): Invoker;
  progressed(): void;
}

export function newDurability(options: DurableOptions, ground: DurabilityGround): Durability {
  const { mesh, markers, invoker } = ground;
  return new Durability(options, {
    ...ground,
    shard: mesh.thread,
    channelCount: mesh.shardCount + 1,
    shapes: mesh.shapes,
    report: (report) => markers()?.report(report),
    savepointWritten: (part) => markers()?.reportSavepoint(part),
    fetched: (entity) => invoker().admit(entity),
    released: (entity) => invoker().forgetVacant(entity),
  });
}

export interface MarkersGround {
  readonly mesh: Mesh;
  readonly invoker: Invoker;
  readonly outbox: Outbox;
  readonly mailbox: Mailbox;
  readonly outbound: OutboundChannels;
}

/** What a shard has to do with markers, if it takes part in checkpoints. */
export function newMarkers(durability: Durability, ground: MarkersGround): ShardMarkers {
  const { mesh, invoker, outbox, mailbox, outbound } = ground;
  return new ShardMarkers(durability, {
    thread: mesh.thread,
    coordinator: mesh.coordinator,
    unfinished: invoker.held,
    dispatch: () => outbox.dispatch(),
    mailboxCount: () => mailbox.count,
    sendControl: (kind, to, payload) => outbound.sendControl(kind, to, payload),
  });
}
