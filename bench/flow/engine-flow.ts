/**
 * A flow on the real engine: started with a module by URL, fed from the main thread as any program would feed it, timed
 * from the first send until nothing is in flight any more.
 */
import { type Engine, startEngine } from '../../src/index.ts';
import { ASK_SUM, CENSUS_ID } from './census.ts';
import type { FlowSession, FlowSetting } from './flow-contender.ts';
import { moduleWith, openTopology, type Topology } from './topology.ts';

const ENTITY = 'bench/entity';

export async function openEngine(module: URL, shardCount: number, setting: FlowSetting): Promise<FlowSession> {
  const engine = await startBareEngine(moduleWith(setting.topology, module), shardCount);
  return new EngineSession(engine, openTopology(setting.topology, 0), setting.chains);
}

/** As in production: without the checks that only development needs. Any error ends the run. */
export async function startBareEngine(module: URL, shardCount: number): Promise<Engine> {
  const engine = await startEngine({ module, shardCount, development: false });
  return engine.on('error', (error) => {
    throw error;
  });
}

class EngineSession implements FlowSession {
  readonly #engine: Engine;
  readonly #topology: Topology<unknown>;
  readonly #chains: number;

  constructor(engine: Engine, topology: Topology<unknown>, chains: number) {
    this.#engine = engine;
    this.#topology = topology;
    this.#chains = chains;
  }

  async run(rounds: number): Promise<number> {
    const begun: { id: string; message: unknown }[] = [];
    for (let chain = 0; chain < this.#chains; chain++) {
      this.#topology.begin(chain, rounds, (id, message) => begun.push({ id, message }));
    }
    const startedAt = performance.now();
    for (const { id, message } of begun) await this.#engine.send(ENTITY, id, message);
    await this.#engine.drained();
    return (performance.now() - startedAt) / 1000;
  }

  async takeSum(): Promise<number> {
    for (const id of this.#topology.ids) await this.#engine.send(ENTITY, id, this.#topology.censusMessage);
    await this.#engine.drained();
    return (await this.#engine.ask('bench/census', CENSUS_ID, ASK_SUM)) as number;
  }

  async close(): Promise<void> {
    await this.#engine.stop();
  }
}
