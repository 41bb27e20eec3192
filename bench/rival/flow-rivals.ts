/**
 * The rivals of every flow, as sessions that the harness can run: the plain loop in one thread, and the mesh over
 * `postMessage` in as many as the engine has shards.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { flowContender, type FlowSession, type FlowSetting, messageCounter } from '../flow/flow-contender.ts';
import type { Contender } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { Thread } from '../harness/thread.ts';
import { DONE, HANDLED, TOTAL, WORD_COUNT } from './mesh-words.ts';
import type { MeshRequest, MeshTask } from './message-mesh-thread.ts';
import type { PlainLoopRequest } from './plain-loop-thread.ts';

const POST_COUNT_MAX = 1_000;

export const PLAIN_LOOP = 'plain one-thread loop';
export const MESH_SINGLE = 'postMessage mesh, 1 a post';
export const MESH_BATCHED: string = `postMessage mesh, ${POST_COUNT_MAX} a post`;

export function flowRivals(setting: FlowSetting, { shards, seconds }: Options): Contender[] {
  return [
    flowContender(PLAIN_LOOP, setting, seconds, openPlainLoop),
    flowContender(MESH_SINGLE, setting, seconds, (whole) => openMesh(whole, shards, 1)),
    flowContender(MESH_BATCHED, setting, seconds, (whole) => openMesh(whole, shards, POST_COUNT_MAX)),
  ];
}

async function openPlainLoop(setting: FlowSetting): Promise<FlowSession> {
  const thread = new Thread<PlainLoopRequest, number>(new URL('./plain-loop-thread.ts', import.meta.url), setting);
  return {
    run: (rounds) => thread.ask({ rounds }),
    takeSum: () => thread.ask('sum'),
    close: () => thread.close(),
  };
}

async function openMesh(setting: FlowSetting, workerCount: number, postCount: number): Promise<FlowSession> {
  const words = new Int32Array(new SharedArrayBuffer(WORD_COUNT * 4));
  const threads = connect(workerCount).map((ports, worker) => {
    const task: MeshTask = { worker, setting, ports, postCount, words };
    const transferList = ports.filter((port) => port !== undefined);
    return new Thread<MeshRequest, number>(new URL('./message-mesh-thread.ts', import.meta.url), task, transferList);
  });
  return new MeshSession(threads, words, setting);
}

/** `ports[a][b]` is where worker `a` posts what is for worker `b`. */
function connect(workerCount: number): (MessagePort | undefined)[][] {
  const ports = Array.from({ length: workerCount }, () =>
    new Array<MessagePort | undefined>(workerCount).fill(undefined),
  );
  for (let a = 0; a < workerCount; a++) {
    for (let b = 0; b < a; b++) {
      const { port1, port2 } = new MessageChannel();
      ports[a][b] = port1;
      ports[b][a] = port2;
    }
  }
  return ports;
}

class MeshSession implements FlowSession {
  readonly #threads: readonly Thread<MeshRequest, number>[];
  readonly #words: Int32Array;
  readonly #messagesOf: (rounds: number) => number;

  constructor(threads: readonly Thread<MeshRequest, number>[], words: Int32Array, setting: FlowSetting) {
    this.#threads = threads;
    this.#words = words;
    this.#messagesOf = messageCounter(setting);
  }

  async run(rounds: number): Promise<number> {
    const words = this.#words;
    words[HANDLED] = 0;
    words[TOTAL] = this.#messagesOf(rounds);
    words[DONE] = 0;
    const startedAt = performance.now();
    await Promise.all(this.#threads.map((thread) => thread.ask({ rounds })));
    const done = Atomics.waitAsync(words, DONE, 0);
    await Promise.race([done.async ? done.value : 'ok', ...this.#threads.map((thread) => thread.failed)]);
    return (performance.now() - startedAt) / 1000;
  }

  async takeSum(): Promise<number> {
    const sums = await Promise.all(this.#threads.map((thread) => thread.ask('sum')));
    return sums.reduce((sum, next) => sum + next, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
