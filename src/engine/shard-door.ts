/**
 * Asks shards on behalf of a program, which gets the engine's failure when it can wait for no answer any more.
 */
import type { RequestOutcome, ShardRequestOptions, ShardRequests } from './shard-requests.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface ShardDoorHooks {
  /** Throws if the engine takes nothing. */
  checkRunning(): void;
  flush(): void;
  /** Wall-clock milliseconds. */
  now(): number;
}

export class ShardDoor {
  readonly #requests: ShardRequests;
  readonly #waiting: WaitingRoom;
  readonly #hooks: ShardDoorHooks;

  constructor(requests: ShardRequests, waiting: WaitingRoom, hooks: ShardDoorHooks) {
    this.#requests = requests;
    this.#waiting = waiting;
    this.#hooks = hooks;
  }

  now(): number {
    return this.#hooks.now();
  }

  get shardCount(): number {
    return this.#requests.shardCount;
  }

  async ask(shard: number, topic: string, body: unknown, options: ShardRequestOptions): Promise<RequestOutcome> {
    this.#hooks.checkRunning();
    const { outcome, giveUp } = this.#requests.ask(shard, topic, body, options);
    this.#waiting.enter(giveUp);
    this.#hooks.flush();
    try {
      return await outcome;
    } finally {
      this.#waiting.leave(giveUp);
    }
  }
}
