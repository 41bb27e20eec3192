/**
 * One worker of a mesh over `postMessage`: what somebody builds who wants several cores and has no Millrace. It owns the
 * entities whose ids hash to it, has a `MessagePort` to every other worker, hands local messages on by reference through
 * a queue, and posts the others, one a post or many.
 *
 * ```
 *   worker 0 ◀──port──▶ worker 1        a post: [id, message, id, message, …], one message or up to `postCount`;
 *       ▲                  ▲            it leaves when it is full, or when the worker runs out of work
 *       └──port──▶ worker 2 ◀──port─┘
 * ```
 *
 * Tuned as far as it goes: a flat list is half as dear to clone as a list of objects, and taking what waits on a port in
 * a loop saves an event for each post.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Tally, Topology } from '../flow/topology.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';
import { parcelQueue } from './parcel-queue.ts';

export interface MeshPlace {
  readonly worker: number;
  /** To every other worker; none to itself. */
  readonly ports: readonly (MessagePort | undefined)[];
  /** Messages in one post at most. */
  readonly postCount: number;
  /** Told how many messages were handled since it was last told, whenever the worker runs out of work. */
  readonly handled: (count: number) => void;
}

export class MeshWorker {
  readonly #topology: Topology<unknown>;
  readonly #place: MeshPlace;
  readonly #states = new Map<string, Tally>();
  readonly #outgoing: unknown[][];
  readonly #local = parcelQueue<string, unknown>((id, message) => this.#receive(id, message));

  constructor(topology: Topology<unknown>, place: MeshPlace) {
    this.#topology = topology;
    this.#place = place;
    this.#outgoing = place.ports.map(() => []);
    for (const port of place.ports) port?.on('message', (post: unknown[]) => this.#take(port, post));
  }

  /** Begins those chains that fall to this worker. */
  begin(chains: number, rounds: number): void {
    const { worker, ports } = this.#place;
    for (let chain = worker; chain < chains; chain += ports.length) this.#topology.begin(chain, rounds, this.#send);
    this.#work(0);
  }

  /** The sum of all counts, which start over at 0. Afterwards every entity of this worker is known. */
  takeSum(): number {
    let sum = 0;
    for (const id of this.#topology.ids) {
      if (this.#workerOf(id) !== this.#place.worker) continue;
      const tally = this.#tally(id);
      sum += tally.count;
      tally.count = 0;
    }
    return sum;
  }

  #receive(id: string, message: unknown): void {
    this.#topology.receive(this.#tally(id), message, this.#send);
  }

  #workerOf(id: string): number {
    return shardOfHash(hashId(id), this.#place.ports.length);
  }

  #tally(id: string): Tally {
    let tally = this.#states.get(id);
    if (tally === undefined) {
      tally = { count: 0 };
      this.#states.set(id, tally);
    }
    return tally;
  }

  readonly #send = (id: string, message: unknown): void => {
    const { worker, ports, postCount } = this.#place;
    const to = this.#workerOf(id);
    if (to === worker) this.#local.push(id, message);
    else if (postCount === 1) ports[to]?.postMessage([id, message]);
    else if (this.#outgoing[to].push(id, message) >= postCount * 2) this.#post(to);
  };

  /** Handles a post and all that wait behind it on the same port. */
  #take(port: MessagePort, first: unknown[]): void {
    let handledCount = 0;
    let post: unknown[] | undefined = first;
    while (post !== undefined) {
      for (let index = 0; index < post.length; index += 2) {
        this.#receive(post[index] as string, post[index + 1]);
      }
      handledCount += post.length >> 1;
      post = receiveMessageOnPort(port)?.message as unknown[] | undefined;
    }
    this.#work(handledCount);
  }

  /** Handles local messages until there are none, then lets everything out. */
  #work(handledBefore: number): void {
    const handledCount = handledBefore + this.#local.run();
    for (let to = 0; to < this.#outgoing.length; to++) if (this.#outgoing[to].length > 0) this.#post(to);
    if (handledCount > 0) this.#place.handled(handledCount);
  }

  #post(to: number): void {
    this.#place.ports[to]?.postMessage(this.#outgoing[to]);
    this.#outgoing[to] = [];
  }
}
