/**
 * A flow on the real engine: started with a module by URL, fed from the main thread as any program would feed it, timed
 * from the first send until nothing is in flight any more.
 */
import { type Engine, type EngineOptions, startEngine } from '../../src/index.ts';
import type { Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { ASK_SUM, CENSUS_ID } from './census.ts';
import type { FlowSession, FlowSetting } from './flow-contender.ts';
import { allocatedBytes } from './thread-heap.ts';
import { moduleWith, openTopology, type Topology } from './topology.ts';

const ENTITY = 'bench/entity';
/** The flow is what is measured; that its beginning is committed shows in its end. */
const ACCEPTED = { until: 'accepted' } as const;

/** Long enough for any commit on any disk. */
const CENSUS_TIMEOUT_MS = 60_000;

/** Starts the same engine again and again. */
type StartEngine = () => Promise<Engine>;

export async function openEngine(module: URL, shardCount: number, setting: FlowSetting): Promise<EngineSession> {
  const start: StartEngine = () => startBareEngine(moduleWith(setting.topology, module), shardCount);
  return new EngineSession(await start(), setting);
}

/** The same engine with a data directory of its own, and a checkpoint every `intervalMs`, or when the engine likes. */
export async function openDurableEngine(
  module: URL,
  shardCount: number,
  setting: FlowSetting,
  intervalMs?: number,
): Promise<EngineSession> {
  const scratch = new Scratch();
  const durable = durableIn(scratch, intervalMs);
  const start: StartEngine = () => startBareEngine(moduleWith(setting.topology, module), shardCount, durable);
  return new EngineSession(await start(), setting, start, scratch);
}

/** Nothing without a directory; otherwise with a checkpoint that often, or when the engine likes. */
export function durableIn(
  scratch: Pick<Scratch, 'path'> | undefined,
  intervalMs: number | undefined,
): Partial<EngineOptions> {
  if (scratch === undefined) return {};
  const intervals = intervalMs === undefined ? {} : { minIntervalMs: intervalMs, maxIntervalMs: intervalMs };
  return { directory: scratch.path, ...intervals };
}

/** In memory; with a data directory and a checkpoint that often if `--interval` asks for it. */
export function openFlow(
  module: URL,
  { shards, intervalMs }: FlowOptions,
  setting: FlowSetting,
): Promise<EngineSession> {
  if (intervalMs === undefined) return openEngine(module, shards, setting);
  return openDurableEngine(module, shards, setting, intervalMs);
}

type FlowOptions = Pick<Options, 'shards' | 'intervalMs'>;

/** For the line above a table: what `--interval` has changed. */
export function durableText({ intervalMs }: Pick<Options, 'intervalMs'>): string {
  return intervalMs === undefined ? '' : `, durable with a checkpoint every ${intervalMs} ms`;
}

/** As in production: without the checks that only development needs. Any error ends the run. */
export async function startBareEngine(
  module: URL,
  shardCount: number,
  durable: Partial<EngineOptions> = {},
): Promise<Engine> {
  const engine = await startEngine({ module, shardCount, development: false, ...durable });
  return engine.on('error', (error) => {
    throw error;
  });
}

export class EngineSession implements FlowSession {
  engine: Engine;
  readonly #topology: Topology<unknown>;
  readonly #chains: number;
  /** Given where state is durable. */
  readonly #restart: StartEngine | undefined;
  readonly #scratch: Scratch | undefined;

  constructor(engine: Engine, { topology, chains }: FlowSetting, restart?: StartEngine, scratch?: Scratch) {
    this.engine = engine;
    this.#topology = openTopology(topology, 0);
    this.#chains = chains;
    this.#restart = restart;
    this.#scratch = scratch;
  }

  async run(rounds: number): Promise<number> {
    const begun: { id: string; message: unknown }[] = [];
    for (let chain = 0; chain < this.#chains; chain++) {
      this.#topology.begin(chain, rounds, (id, message) => begun.push({ id, message }));
    }
    const startedAt = performance.now();
    for (const { id, message } of begun) await this.engine.send(ENTITY, id, message, ACCEPTED);
    await this.engine.drained();
    return (performance.now() - startedAt) / 1000;
  }

  takeSum(): Promise<number> {
    return takeSum(this.engine, this.#topology.ids, this.#topology.censusMessage);
  }

  allocatedBytes(): Promise<number> {
    return allocatedBytes(this.engine);
  }

  async reopen(): Promise<void> {
    if (this.#restart === undefined) return;
    await this.engine.stop();
    this.engine = await this.#restart();
  }

  async close(): Promise<void> {
    await this.engine.stop();
    this.#scratch?.remove();
  }
}

/** Makes all these entities report to the census, and asks for the sum. */
export async function takeSum(engine: Engine, ids: Iterable<string>, censusMessage: unknown): Promise<number> {
  for (const id of ids) await engine.send(ENTITY, id, censusMessage, ACCEPTED);
  await engine.drained();
  return (await engine.ask('bench/census', CENSUS_ID, ASK_SUM, { timeoutMs: CENSUS_TIMEOUT_MS })) as number;
}
