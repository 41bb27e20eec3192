/**
 * The endpoint of the simulated remote functions, which is the same thread, and everything that may go wrong on the way:
 * calls take their time, run twice, fail for good, ask for states that they were given; and whatever was under way when a
 * process died comes to nothing.
 */
import type { Companion, CompanionPlace } from '../../src/sdk/companion.ts';
import type { Endpoint } from '../../src/remote/transport.ts';
import type { BatchRequest, BatchResponse, MissingState } from '../../src/statefun/protocol.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside } from '../../src/testing/workload.ts';

const PAUSE_MS_MAX = 20;

export class RemoteWorld implements Endpoint, Companion {
  readonly name = 'simulated';
  readonly concurrency: number;
  readonly companion = this;
  readonly #outside: Outside;
  readonly #states: readonly MissingState[];
  readonly #answer: (request: BatchRequest) => BatchResponse;
  readonly #places: CompanionPlace[] = [];
  readonly #underWay = new Map<string, BatchRequest>();

  constructor(
    outside: Outside,
    concurrency: number,
    states: readonly MissingState[],
    answer: (request: BatchRequest) => BatchResponse,
  ) {
    this.#outside = outside;
    this.concurrency = concurrency;
    this.#states = states;
    this.#answer = answer;
  }

  start(place: CompanionPlace): void {
    this.#places.push(place);
    // The shards are new; what was under way of the old ones means nothing any more.
    if (place.shard === 0) this.#underWay.clear();
  }

  async stop(): Promise<void> {}

  status(): readonly object[] {
    return [];
  }

  async call(request: BatchRequest): Promise<BatchResponse> {
    const { shardCount } = this.#outside;
    const name = `${request.target.type} ${request.target.id}`;
    check(this.#places.length >= shardCount, () => 'a call before its companion was started');
    check(!this.#underWay.has(name), () => `two calls for ${name} at a time (I4)`);
    this.#underWay.set(name, request);
    try {
      return await this.#respond(request);
    } finally {
      if (this.#underWay.get(name) === request) this.#underWay.delete(name);
    }
  }

  async #respond(request: BatchRequest): Promise<BatchResponse> {
    const { prng, clock } = this.#outside;
    await clock.sleep(prng.below(PAUSE_MS_MAX));
    // As if the reply to it had been lost.
    if (prng.chance(0.2)) this.#answer(request);
    const response = prng.chance(0.1) ? this.#forgetful(request) : this.#answer(request);
    await clock.sleep(prng.below(PAUSE_MS_MAX));
    if (prng.chance(0.1)) throw new Error('out of reach');
    return response;
  }

  /** Asks for states that the request has brought along. */
  #forgetful({ states }: BatchRequest): BatchResponse {
    const given = this.#states.filter((declared) => states.some(({ name }) => name === declared.name));
    return { kind: 'missing', states: given };
  }
}
