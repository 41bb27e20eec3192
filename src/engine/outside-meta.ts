/**
 * What messages from outside take along. Most take nothing, and then nothing is made; with causal ids for all of them
 * each gets one.
 */
import type { Random } from '../base/random.ts';
import type { OutsideMessageOptions } from '../sdk/message-options.ts';
import { checkTrace, hexId } from '../sdk/trace.ts';
import { IF_EXISTS, type MessageMeta } from '../wire/message-meta.ts';
import type { OutsideLatencies } from './outside-latencies.ts';

/** Which messages from outside get a causal id: those that bring a trace, or all. */
export type CausalIds = 'traced' | 'all';

export class OutsideMeta {
  readonly #isForAll: boolean;
  readonly #newCausalId: () => string;
  readonly #latencies: OutsideLatencies | undefined;

  /** With `latencies`, some of them are followed. */
  constructor(causalIds: CausalIds, random: Random, latencies?: OutsideLatencies) {
    this.#latencies = latencies;
    this.#isForAll = causalIds === 'all';
    this.#newCausalId = () => hexId(random);
  }

  /** Throws `INVALID_TRACE`. */
  of(options: OutsideMessageOptions | undefined): MessageMeta | undefined {
    const meta = this.#asked(options);
    const since = this.#latencies?.since();
    return since === undefined ? meta : { ...meta, since };
  }

  #asked(options: OutsideMessageOptions | undefined): MessageMeta | undefined {
    const given = options?.trace;
    const ifExists = options?.ifExists === true;
    if (given === undefined && !this.#isForAll) return ifExists ? IF_EXISTS : undefined;
    const trace = given === undefined ? { causalId: this.#newCausalId() } : checkTrace(given, this.#newCausalId);
    return ifExists ? { trace, ifExists } : { trace };
  }
}
