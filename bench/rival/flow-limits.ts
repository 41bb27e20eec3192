/**
 * What the machine allows, for figures that are out of reach: all-to-all over bare shared memory, without anything that
 * makes an engine; and a plain loop in each thread, in which no message ever crosses, for how much faster two threads
 * can be than one at all.
 */
import type { AllToAllSpec } from '../flow/topology.ts';
import { flowContender, type FlowSession, type FlowSetting, messageCounter } from '../flow/flow-contender.ts';
import type { Contender } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { Thread } from '../harness/thread.ts';
import type { BareMeshRequest, BareMeshTask } from './bare-mesh-thread.ts';
import { BARE_RING_BYTES } from './bare-mesh.ts';
import { HANDLED, TOTAL, WORD_COUNT } from './mesh-words.ts';
import type { PlainLoopRequest } from './plain-loop-thread.ts';

/** All-to-all only: its messages are known to the mesh. */
export function flowLimits(setting: FlowSetting, { shards, seconds }: Options): Contender[] {
  return [
    flowContender('limit: bare shared memory', setting, seconds, (whole) => openBareMesh(whole, shards)),
    flowContender('limit: a plain loop in each thread', setting, seconds, (whole) => openPlainLoops(whole, shards)),
  ];
}

async function openBareMesh(setting: FlowSetting, workerCount: number): Promise<FlowSession> {
  const workers = Array.from({ length: workerCount }, (_, worker) => worker);
  const words = new Int32Array(new SharedArrayBuffer(WORD_COUNT * 4));
  const rings = workers.map(() => workers.map(() => new SharedArrayBuffer(BARE_RING_BYTES)));
  const threads = workers.map((worker) => {
    const task: BareMeshTask = { worker, setting, rings, words };
    return new Thread<BareMeshRequest, number>(new URL('./bare-mesh-thread.ts', import.meta.url), task);
  });
  const messagesOf = messageCounter(setting);
  return {
    async run(rounds) {
      words[HANDLED] = 0;
      words[TOTAL] = messagesOf(rounds);
      return timed(() => askAll(threads, { rounds }));
    },
    takeSum: async () => sumOf(await askAll(threads, 'sum')),
    close: () => closeAll(threads),
  };
}

/** Each loop has its share of the entities, as if they were sharded, and of the chains. */
async function openPlainLoops({ topology, chains }: FlowSetting, threadCount: number): Promise<FlowSession> {
  const { entities } = topology as AllToAllSpec;
  const share: FlowSetting = {
    topology: { kind: 'all-to-all', entities: Math.ceil(entities / threadCount) },
    chains: chains / threadCount,
  };
  const threads = Array.from(
    { length: threadCount },
    () => new Thread<PlainLoopRequest, number>(new URL('./plain-loop-thread.ts', import.meta.url), share),
  );
  return {
    run: (rounds) => timed(() => askAll(threads, { rounds })),
    takeSum: async () => sumOf(await askAll(threads, 'sum')),
    close: () => closeAll(threads),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

function askAll<Request>(threads: readonly Thread<Request, number>[], request: Request): Promise<number[]> {
  return Promise.all(threads.map((thread) => thread.ask(request)));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, next) => sum + next, 0);
}

async function closeAll(threads: readonly Thread<never, number>[]): Promise<void> {
  await Promise.all(threads.map((thread) => thread.close()));
}
