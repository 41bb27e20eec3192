/**
 * Which addresses, and which functions of a shard, have too much waiting for them, as the shards say; nearly always none.
 * Whoever sends there from outside waits until a shard takes it back, and holds up nobody else meanwhile (I7).
 */
import { Signal } from '../base/signal.ts';
import { hashId } from '../keys/id-hash.ts';
import { shardOfHash } from '../keys/key-group.ts';
import type { FloodWord } from '../shard/delivery/floods.ts';

export class FloodedTargets {
  /** How many there are: what senders look at first. */
  count = 0;
  readonly #shardCount: number;
  /** By address, or by function and shard: raised when it is no longer flooded. */
  readonly #signals = new Map<string, Signal>();

  constructor(shardCount: number) {
    this.#shardCount = shardCount;
  }

  /** A shard says so. */
  hear(shard: number, { type, id, isFlooded }: FloodWord): void {
    const key = id === undefined ? keyOfFunction(type, shard) : keyOfAddress(type, id);
    const signal = this.#signals.get(key);
    if (isFlooded) {
      if (signal === undefined) this.#signals.set(key, new Signal());
    } else {
      this.#signals.delete(key);
      signal?.raise();
    }
    this.count = this.#signals.size;
  }

  /** Undefined when more may be sent there, else resolves when it may. */
  ask(type: number, id: string): Promise<void> | undefined {
    if (this.count === 0) return undefined;
    const shard = shardOfHash(hashId(id), this.#shardCount);
    const signal = this.#signals.get(keyOfAddress(type, id)) ?? this.#signals.get(keyOfFunction(type, shard));
    return signal?.next();
  }

  /** Other shards have taken the place of those that said so, and will say for themselves. */
  forget(): void {
    const signals = [...this.#signals.values()];
    this.#signals.clear();
    this.count = 0;
    for (const signal of signals) signal.raise();
  }
}

function keyOfAddress(type: number, id: string): string {
  return `${type} ${id}`;
}

function keyOfFunction(type: number, shard: number): string {
  return `${type}@${shard}`;
}
