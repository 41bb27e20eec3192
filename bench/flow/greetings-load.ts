/**
 * The load of the greeters, on our engine: an ingress that greets addresses in turn at a rate, and an egress that looks
 * when each greeting was due and when it came. bench/rival/flink has the same for a Flink.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  defineEgress,
  defineIngress,
  defineRouter,
  type Engine,
  type EngineOptions,
  type SourceBatch,
} from '../../src/index.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { readTyped, StringType, type TypedValue } from '../../src/statefun/index.ts';
import { Scratch } from '../harness/scratch.ts';
import { startBareEngine } from './engine-flow.ts';
import { GREETER, GREETINGS } from './greetings.ts';

export interface GreetingLoad {
  readonly addresses: number;
  /** Messages a second; 0 is as many as are taken. */
  readonly rate: number;
  readonly warmSeconds: number;
  readonly seconds: number;
}

export interface GreetingFigures {
  readonly perSecond: number;
  /** From when a greeting was due until its record was there, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** How many records there were in all, and how many the functions have counted. */
  readonly recordCount: number;
  readonly countedCount: number;
}

/** Before the number of an address in its id. */
const ADDRESS_LETTER = 'a';
const BATCH_COUNT = 64;
const PATIENCE_MS = 20_000;
/**
 * At full load: the time between two checkpoints, the same as the Flink has, where the engine by itself makes one as soon as
 * records wait for it; how many messages may wait in a shard, which then share requests; and memory for what waits for a
 * commit, which the Flink has as well: a second of records and of messages that came in, each more than 8 MiB.
 */
const BUSY = { minIntervalMs: 1_000, creditCount: 131_072, overflowBytes: 64 << 20 };

/** `isDurable`: records are there when they are committed; otherwise when they are made, and nothing is kept. */
export async function greetOnOurs(
  endpointUrl: string,
  shards: number,
  isDurable: boolean,
  load: GreetingLoad,
): Promise<GreetingFigures> {
  const scratch = new Scratch();
  const meter = new Meter();
  const tap = new Tap(load);
  try {
    const durable = isDurable ? { directory: scratch.path } : {};
    const options = { ...durable, ...(load.rate === 0 && BUSY) };
    const engine = await start(endpointUrl, shards, options, tap, meter);
    try {
      await sleep(load.warmSeconds * 1000);
      const figures = await meter.during(load.seconds);
      tap.isOpen = false;
      await engine.drained();
      return { ...figures, recordCount: meter.recordCount, countedCount: meter.countedCount };
    } finally {
      await engine.stop();
    }
  } finally {
    meter.end();
    scratch.remove();
  }
}

function start(
  endpointUrl: string,
  shards: number,
  options: Partial<EngineOptions>,
  tap: Tap,
  meter: Meter,
): Promise<Engine> {
  const module = new URL(`./greetings-module.ts?endpoint=${encodeURIComponent(endpointUrl)}`, import.meta.url);
  const ids = Array.from({ length: tap.addresses }, (_, number) => `${ADDRESS_LETTER}${number}`);
  const ingress = defineIngress({ type: 'bench/greetings', source: tap });
  const router = defineRouter({
    ingress,
    route: ({ number, dueAt }, send) => send(GREETER, ids[number % ids.length], String(dueAt)),
  });
  const egress = defineEgress<TypedValue>({ type: GREETINGS, sink: { write: (records) => meter.take(records) } });
  const edges = { ingresses: [ingress], routers: [router], egresses: [egress] };
  return startBareEngine(module, shards, { ...edges, ...options });
}

interface Greeting {
  readonly number: number;
  /** In microseconds; what a greeting says. */
  readonly dueAt: number;
}

/** Whole, as those of the Flink program are. */
function nowUs(): number {
  return Math.round(performance.now() * 1000);
}

/** Gives greetings as long as it is open; those that nobody has taken in time stay due as they were. */
class Tap {
  readonly replayable = true;
  readonly addresses: number;
  isOpen = true;
  readonly #rate: number;

  constructor({ addresses, rate }: GreetingLoad) {
    this.addresses = addresses;
    this.#rate = rate;
  }

  async *read(): AsyncGenerator<SourceBatch<Greeting>> {
    const startedAt = nowUs();
    for (let sent = 0; this.isOpen; ) {
      const now = nowUs();
      const due = this.#rate === 0 ? sent + BATCH_COUNT : Math.floor(((now - startedAt) / 1e6) * this.#rate);
      const records: Greeting[] = [];
      for (; sent < due && records.length < BATCH_COUNT; sent++) {
        const dueAt = this.#rate === 0 ? now : startedAt + Math.round((sent * 1e6) / this.#rate);
        records.push({ number: sent, dueAt });
      }
      if (records.length === 0) await sleep(1);
      else yield { records, position: sent };
    }
  }
}

/** Looks at the records as they come. */
class Meter {
  recordCount = 0;
  /** By the number of the address. */
  readonly #latest: number[] = [];
  readonly #histogram = new LatencyHistogram();

  /** What the functions say that they have counted. */
  get countedCount(): number {
    return this.#latest.reduce((sum, count) => sum + count, 0);
  }

  take(records: readonly TypedValue[]): void {
    const now = nowUs();
    this.recordCount += records.length;
    for (const record of records) {
      // "<due at> <address>, <count>"
      const text = readTyped(StringType, record) ?? '';
      const addressAt = text.indexOf(' ') + 1;
      const countAt = text.indexOf(', ', addressAt) + 2;
      this.#histogram.record(now - Number(text.slice(0, addressAt)));
      const address = Number(text.slice(addressAt + ADDRESS_LETTER.length, countAt - 2));
      this.#count(address, Number(text.slice(countAt)));
    }
  }

  #count(address: number, count: number): void {
    while (this.#latest.length <= address) this.#latest.push(0);
    if (this.#latest[address] < count) this.#latest[address] = count;
  }

  async during(seconds: number): Promise<{ perSecond: number; p50: number; p99: number; p999: number }> {
    this.#histogram.reset();
    const before = this.recordCount;
    const startedAt = performance.now();
    await sleep(seconds * 1000);
    // In the smoke size on a busy machine there may have been none yet.
    while (this.recordCount === before && performance.now() - startedAt < PATIENCE_MS) await sleep(1);
    const took = (performance.now() - startedAt) / 1000;
    const { p50, p99, p999 } = this.#histogram;
    return { perSecond: (this.recordCount - before) / took, p50, p99, p999 };
  }

  end(): void {
    this.#histogram.destroy();
  }
}
