/**
 * What `one-to-one, open loop` and `all-to-all, open loop` run: an entity that hands a letter on to another one, which
 * counts it. The one that counts tells an egress when the letter was written, or, where nothing is durable, keeps the time
 * that it took in a histogram of its thread.
 */
import {
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  functionType,
  value,
  type ValueSpec,
} from '../../src/index.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import { takeEncoded } from '../open-loop/open-loop.ts';
import { census, reportTo } from './census.ts';
import { isWhole } from './message-body.ts';

/** What the egress gets: when the letter was to be sent; 0 if nobody asks how long it took. */
export interface Arrival {
  readonly intendedEpochMs: number;
}

export interface Letter extends Arrival {
  /** Whom the first entity hands it on to; the last one keeps a letter without it. */
  readonly next?: string;
  /** Whether its end is told to the egress. */
  readonly isTold: boolean;
  readonly body?: Uint8Array;
}

/** As the module's URL says. */
const bytes = Number(new URL(import.meta.url).searchParams.get('bytes') ?? 0);

/** Asks an entity to report its count and to start over at 0. */
export const REPORT: Letter = { intendedEpochMs: -1, isTold: false };

export const arrivals = defineEgress<Arrival>({ type: 'bench/arrivals' });
const entity = functionType<Letter>('bench/entity');

/** One in each thread. */
const histogram = new LatencyHistogram();

type Counted = Context<{ count: ValueSpec<number> }, string>;

const relay = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, letter) {
    if (letter.intendedEpochMs < 0) {
      reportTo(ctx, ctx.state.count);
      ctx.state.count = 0;
      return;
    }
    const { next, intendedEpochMs, isTold, body } = letter;
    if (body === undefined ? bytes === 0 : isWhole(body, bytes)) ctx.state.count += 1;
    const onward = body === undefined ? { intendedEpochMs, isTold } : { intendedEpochMs, isTold, body };
    if (next !== undefined) ctx.send(entity, next, onward);
    else if (isTold) ctx.egress(arrivals, { intendedEpochMs });
    else if (intendedEpochMs > 0) histogram.record((epochMs() - intendedEpochMs) * 1000);
  },
});

/** Answers with the histogram of the thread in which it lives, which then starts over. */
const stopwatch = defineFunction({
  type: 'bench/stopwatch',
  state: { count: value({ initial: 0 }) },
  invoke(ctx: Counted) {
    ctx.reply(takeEncoded(histogram));
  },
});

export default defineModule({ functions: [relay, stopwatch, census], egresses: [arrivals] });
