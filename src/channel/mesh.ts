/**
 * Who is connected to whom: the shared memory of one engine, a ring between every two threads in each direction, a
 * doorbell per thread and the counters. Threads are numbered like their shards; the coordinator comes last. The memory
 * is plain data, so it can be handed to a worker as it is.
 */
import type { SpillStorage } from '../base/spill.ts';
import { allocateCounters, Counters } from '../metrics/counters.ts';
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../ring/doorbell.ts';
import { RingConsumer } from '../ring/ring-consumer.ts';
import { allocateRing, RingMemory } from '../ring/ring-memory.ts';
import { RingProducer } from '../ring/ring-producer.ts';
import { allocateShapeRegistry, ShapeRegistry } from '../wire/shape-registry.ts';
import { allocateTypeRegistry, TypeRegistry } from '../wire/type-registry.ts';
import { type EnvelopeHandler, InboundChannel } from './inbound-channel.ts';
import { OutboundChannel } from './outbound-channel.ts';

export interface MeshMemory {
  readonly shardCount: number;
  /** `rings[from * threadCount + to]`; none from a thread to itself. */
  readonly rings: readonly (SharedArrayBuffer | undefined)[];
  readonly doorbells: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** The shapes of messages; see `wire/shape-registry.ts`. */
  readonly shapes: SharedArrayBuffer;
  /** The types of namespaces; see `wire/type-registry.ts`. */
  readonly types: SharedArrayBuffer;
}

/** What outlives the shards: envelopes that the coordinator keeps name shapes and types of these tables. */
export type LastingMemory = Pick<MeshMemory, 'shapes' | 'types'>;

/** `before` is of the shards whose place the new ones take. */
export function allocateMesh(shardCount: number, ringCapacityBytes: number, before?: LastingMemory): MeshMemory {
  const threadCount = shardCount + 1;
  const rings = Array.from({ length: threadCount * threadCount }, (_, index) =>
    Math.floor(index / threadCount) === index % threadCount ? undefined : allocateRing(ringCapacityBytes),
  );
  const doorbells = new SharedArrayBuffer(threadCount * DOORBELL_STRIDE_WORDS * 4);
  const counters = allocateCounters(threadCount);
  const shapes = before?.shapes ?? allocateShapeRegistry();
  const types = before?.types ?? allocateTypeRegistry();
  return { shardCount, rings, doorbells, counters, shapes, types };
}

/** One thread's view of the mesh. */
export class Mesh {
  readonly shardCount: number;
  readonly thread: number;
  readonly coordinator: number;
  readonly counters: Counters;
  readonly ownDoorbell: Doorbell;
  readonly shapes: ShapeRegistry;
  readonly types: TypeRegistry;
  readonly #memory: MeshMemory;
  readonly #doorbells: Doorbell[];
  #cramped = false;
  #laden = false;

  constructor(memory: MeshMemory, thread: number) {
    this.shardCount = memory.shardCount;
    this.thread = thread;
    this.coordinator = memory.shardCount;
    this.counters = new Counters(memory.counters);
    this.shapes = new ShapeRegistry(memory.shapes);
    this.types = new TypeRegistry(memory.types);
    this.#memory = memory;
    const words = new Int32Array(memory.doorbells);
    this.#doorbells = Array.from({ length: memory.shardCount + 1 }, (_, index) => new Doorbell(words, index));
    this.ownDoorbell = this.#doorbells[thread];
  }

  doorbell(thread: number): Doorbell {
    return this.#doorbells[thread];
  }

  /** The channels to all threads, by their number; none to itself. */
  outbound(storage: SpillStorage, overflowBytesMax: number): (OutboundChannel | undefined)[] {
    return this.#doorbells.map((doorbell, to) => {
      const ring = this.#ring(this.thread, to);
      const credit = this.thread === this.coordinator ? () => this.counters.credit(to) : undefined;
      return ring && new OutboundChannel(new RingProducer(ring), doorbell, storage, overflowBytesMax, credit);
    });
  }

  /** The channels from all other threads. */
  inbound(handler: EnvelopeHandler): InboundChannel[] {
    return this.#doorbells.flatMap((_, from) => {
      const ring = this.#ring(from, this.thread);
      const roomMade = (): void => {
        if (this.counters.isCramped(from)) this.#doorbells[from].ring();
      };
      return ring ? [new InboundChannel(new RingConsumer(ring), handler, from, roomMade)] : [];
    });
  }

  /**
   * Tells all receivers whether this thread has envelopes that found no room. Whoever makes room afterwards rings; so
   * before it parks, the thread must look once more whether there is some (`OutboundChannel.canMove`).
   */
  declareCramped(cramped: boolean): void {
    if (cramped === this.#cramped) return;
    this.#cramped = cramped;
    this.counters.setCramped(this.thread, cramped);
  }

  /** Tells the coordinator whether a checkpoint would be in place, however recent the last one is. */
  declareLaden(laden: boolean): void {
    if (laden === this.#laden) return;
    this.#laden = laden;
    this.counters.setLaden(this.thread, laden);
    if (laden) this.doorbell(this.coordinator).ring();
  }

  #ring(from: number, to: number): RingMemory | undefined {
    const shared = this.#memory.rings[from * (this.shardCount + 1) + to];
    return shared && new RingMemory(shared);
  }
}
