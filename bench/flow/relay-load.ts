/**
 * The open loops over `relay-module.ts`: letters begun on the main thread, ended where they arrive.
 */
import { defineEgress, type Engine, type EngineOptions } from '../../src/index.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import type { Scratch } from '../harness/scratch.ts';
import { type OpenLoopSession, takeEncoded } from '../open-loop/open-loop.ts';
import { Outstanding } from '../open-loop/outstanding.ts';
import { startBareEngine, takeSum } from './engine-flow.ts';
import { inflightWith, makeBody } from './message-body.ts';
import { type Arrival, arrivals, type Letter, REPORT } from './relay-module.ts';

const MODULE = new URL('./relay-module.ts', import.meta.url);
const ENTITY = 'bench/entity';
const ACCEPTED = { until: 'accepted' } as const;
/**
 * Letters that are under way under the largest load. Those of 100 ms are, where they leave with a checkpoint every 100 ms:
 * fewer would say how many may wait, and not how many the engine can do. More do not make it faster.
 */
const OUTSTANDING_MAX = 131_072;

export interface RelaySetting {
  readonly shards: number;
  /** All entities there are. */
  readonly ids: readonly string[];
  /** To whom the next letter goes, and to whom it is handed on. */
  draw(): { first: string; next: string };
  /** Asks for the histogram of the thread where letters end; absent if they end in the egress, on the main thread. */
  readonly stopwatchId?: string;
  /** Where state is durable: where it lies, and how often it is committed. */
  readonly durable?: { readonly scratch: Scratch; readonly intervalMs: number } | undefined;
  /** Of the body of each letter; none unless given. */
  readonly bytes: number | undefined;
}

export class RelayLoad implements OpenLoopSession {
  readonly #setting: RelaySetting;
  readonly #histogram = new LatencyHistogram();
  readonly #outstanding = new Outstanding();
  #engine: Engine | undefined;
  #begun = 0;

  constructor(setting: RelaySetting) {
    this.#setting = setting;
  }

  async open(): Promise<this> {
    const { shards, durable, bytes } = this.#setting;
    const module = new URL(MODULE);
    if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
    const sink = { write: (records: readonly Arrival[]) => this.#arrived(records) };
    const options: Partial<EngineOptions> = {
      egresses: [defineEgress({ type: arrivals, sink })],
      ...(durable === undefined
        ? {}
        : { directory: durable.scratch.path, minIntervalMs: durable.intervalMs, maxIntervalMs: durable.intervalMs }),
    };
    this.#engine = await startBareEngine(module, shards, options);
    return this;
  }

  /** All entities in memory, and nothing counted. */
  async begun(): Promise<this> {
    await this.#sum();
    return this;
  }

  async saturate(count: number): Promise<number> {
    const startedMs = performance.now();
    for (let index = 0; index < count; index++) {
      const sent = this.#send(0);
      // Where letters end in another thread, only the engine's own credit holds the sender back.
      if (this.#isTold) await this.#outstanding.fewerThan(inflightWith(this.#setting.bytes, OUTSTANDING_MAX));
      else await sent;
    }
    await this.allEnded();
    return (performance.now() - startedMs) / 1000;
  }

  begin(intendedEpochMs: number): void {
    this.#send(intendedEpochMs).catch((error: unknown) => this.#outstanding.fail(error));
  }

  #send(intendedEpochMs: number): Promise<void> {
    const { bytes } = this.#setting;
    const { first, next } = this.#setting.draw();
    const plain: Letter = { intendedEpochMs, next, isTold: this.#isTold };
    const letter = bytes === undefined ? plain : { ...plain, body: makeBody(bytes) };
    this.#begun++;
    if (this.#isTold) this.#outstanding.begun(1);
    return this.#running.send(ENTITY, first, letter, ACCEPTED);
  }

  #arrived(records: readonly Arrival[]): void {
    const now = epochMs();
    for (const { intendedEpochMs } of records) {
      if (intendedEpochMs > 0) this.#histogram.record((now - intendedEpochMs) * 1000);
    }
    this.#outstanding.ended(records.length);
  }

  async allEnded(): Promise<void> {
    if (this.#isTold) await this.#outstanding.fewerThan(1);
    else await this.#running.drained();
  }

  async takeHistogram(): Promise<string> {
    const { stopwatchId } = this.#setting;
    if (stopwatchId === undefined) return takeEncoded(this.#histogram);
    return (await this.#running.ask('bench/stopwatch', stopwatchId, {})) as string;
  }

  async check(): Promise<{ checksum: string; expected: string }> {
    if (this.#setting.durable !== undefined) {
      await this.#running.stop();
      await this.open();
    }
    // Each letter is counted where it goes first and where it goes next.
    return { checksum: String(await this.#sum()), expected: String(this.#begun * 2) };
  }

  async close(): Promise<void> {
    await this.#running.stop();
    this.#setting.durable?.scratch.remove();
    this.#histogram.destroy();
  }

  #sum(): Promise<number> {
    return takeSum(this.#running, this.#setting.ids, REPORT);
  }

  get #isTold(): boolean {
    return this.#setting.stopwatchId === undefined;
  }

  get #running(): Engine {
    if (this.#engine === undefined) throw new Error('The engine has not started.');
    return this.#engine;
  }
}
