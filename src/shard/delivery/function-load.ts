/**
 * What one function has under way in a shard, and what waits for it to have less: kept by `AsyncBounds`, which alone
 * changes it.
 *
 * Messages wait in one queue of the function, in the order in which they came. Those of a function that takes several at
 * once wait in lines of their addresses instead, as far as these are few: what lies in one queue with those of others
 * cannot be taken together. What comes when there are many such lines waits in the queue, and moves into lines as they
 * become fewer; so a line is always older than the queue (I4), and a flood of addresses costs disk and not memory.
 */
import type { SharedBound } from '../../sdk/function-extras.ts';
import type { Entity } from '../../state/entity.ts';
import type { FunctionBinding } from '../function-binding.ts';
import type { Mailbox } from './mailbox.ts';

const READY_GAP_MAX = 1_024;

/** What is under way of several functions that share a bound. */
export class SharedLoad {
  readonly countMax: number;
  count = 0;
  readonly loads: FunctionLoad[] = [];

  constructor({ concurrency }: SharedBound) {
    this.countMax = concurrency;
  }

  get hasRoom(): boolean {
    return this.count < this.countMax;
  }
}

/** What is under way of one function, and what waits. */
export class FunctionLoad {
  readonly binding: FunctionBinding;
  readonly shared: SharedLoad | undefined;
  count = 0;
  /** Whether it is known to have work under way when its invocations return. */
  isAsync: boolean;
  /** Operations that have not begun, oldest first. They go before all else. */
  readonly operations: (() => void)[] = [];
  /** Busy entities whose lines could go on, in the order in which they became ready; those before `#readyAt` have. */
  #ready: Entity[] = [];
  #readyAt = 0;
  readonly #readyCountMax: number;
  /** Made when messages have to wait. */
  messages: Mailbox | undefined = undefined;
  /** How many messages waited when it became flooded; 0 while it is not. */
  floodCount = 0;
  /** Whether the next to go on is a ready entity rather than a message. */
  isEntityNext = false;

  /** At most so many addresses wait for it with lines of their own. */
  constructor(binding: FunctionBinding, shared: SharedLoad | undefined, readyCountMax: number) {
    this.#readyCountMax = readyCountMax;
    this.binding = binding;
    this.shared = shared;
    shared?.loads.push(this);
    this.isAsync = binding.isAsync;
  }

  /** Busy entities whose lines could go on. */
  get readyCount(): number {
    return this.#ready.length - this.#readyAt;
  }

  addReady(entity: Entity): void {
    this.#ready.push(entity);
  }

  /** The one that became ready first. */
  takeReady(): Entity {
    const entity = this.#ready[this.#readyAt++];
    // Not by `shift`, which moves all the others.
    if (this.#readyAt === this.#ready.length || this.#readyAt === READY_GAP_MAX) {
      this.#ready = this.#ready.slice(this.#readyAt);
      this.#readyAt = 0;
    }
    return entity;
  }

  /** Whether its messages may wait in lines of their addresses, so that one invocation can take several of them. */
  get linesUp(): boolean {
    return this.binding.fn.takesWaiting === true && this.readyCount < this.#readyCountMax;
  }

  get messageCount(): number {
    return this.messages?.count ?? 0;
  }

  get isWaiting(): boolean {
    return this.messageCount > 0 || this.readyCount > 0 || this.operations.length > 0;
  }

  get countMax(): number {
    return this.binding.fn.concurrency ?? Number.POSITIVE_INFINITY;
  }
}
