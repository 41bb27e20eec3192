/**
 * Which addresses, and which functions of a shard, have too much waiting for them, as the shards say; nearly always none.
 * Whoever sends there from outside waits until a shard takes it back, and holds up nobody else meanwhile (I7).
 */
import { Signal } from '../base/signal.ts';
import { hashId } from '../keys/id-hash.ts';
import { shardOfHash } from '../keys/key-group.ts';
import type { FloodWord } from '../shard/delivery/floods.ts';

/** What is flooded of one function, each with what is raised when it no longer is. */
interface FloodedFunction {
  readonly addresses: Map<string, Signal>;
  readonly shards: Map<number, Signal>;
}

export class FloodedTargets {
  /** How many there are: what senders look at first. */
  count = 0;
  readonly #shardCount: number;
  /** By the number of the function. Senders look here with each message, so no name is put together for that. */
  readonly #functions = new Map<number, FloodedFunction>();

  constructor(shardCount: number) {
    this.#shardCount = shardCount;
  }

  /** A shard says so. */
  hear(shard: number, { type, id, isFlooded }: FloodWord): void {
    const flooded = this.#of(type);
    if (id === undefined) this.#hear(flooded.shards, shard, isFlooded);
    else this.#hear(flooded.addresses, id, isFlooded);
    if (flooded.addresses.size === 0 && flooded.shards.size === 0) this.#functions.delete(type);
  }

  #of(type: number): FloodedFunction {
    let flooded = this.#functions.get(type);
    if (flooded === undefined) {
      flooded = { addresses: new Map(), shards: new Map() };
      this.#functions.set(type, flooded);
    }
    return flooded;
  }

  #hear<Key>(signals: Map<Key, Signal>, key: Key, isFlooded: boolean): void {
    const signal = signals.get(key);
    if (isFlooded === (signal !== undefined)) return;
    if (isFlooded) signals.set(key, new Signal());
    else signals.delete(key);
    this.count += isFlooded ? 1 : -1;
    signal?.raise();
  }

  /** Undefined when more may be sent there, else resolves when it may. */
  ask(type: number, id: string): Promise<void> | undefined {
    if (this.count === 0) return undefined;
    const flooded = this.#functions.get(type);
    if (flooded === undefined) return undefined;
    const signal =
      flooded.addresses.get(id) ??
      (flooded.shards.size === 0 ? undefined : flooded.shards.get(shardOfHash(hashId(id), this.#shardCount)));
    return signal?.next();
  }

  /** Other shards have taken the place of those that said so, and will say for themselves. */
  forget(): void {
    const signals = [...this.#functions.values()].flatMap(({ addresses, shards }) => [
      ...addresses.values(),
      ...shards.values(),
    ]);
    this.#functions.clear();
    this.count = 0;
    for (const signal of signals) signal.raise();
  }
}
