/**
 * The thread of one worker of the mesh over `postMessage`. All of them count what they have handled in one shared word;
 * whoever brings it to the total of the run wakes the main thread.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { FlowSetting } from '../flow/flow-contender.ts';
import { openTopology } from '../flow/topology.ts';
import { DONE, HANDLED, TOTAL } from './mesh-words.ts';
import { MeshWorker } from './message-mesh.ts';

export interface MeshTask {
  readonly worker: number;
  readonly setting: FlowSetting;
  readonly ports: readonly (MessagePort | undefined)[];
  readonly postCount: number;
  readonly words: Int32Array;
}

export type MeshRequest = { readonly rounds: number } | 'sum';

function serve({ worker, setting, ports, postCount, words }: MeshTask): void {
  const handled = (count: number): void => {
    if (Atomics.add(words, HANDLED, count) + count !== Atomics.load(words, TOTAL)) return;
    Atomics.store(words, DONE, 1);
    Atomics.notify(words, DONE);
  };
  const mesh = new MeshWorker(openTopology(setting.topology, worker), { worker, ports, postCount, handled });
  parentPort?.on('message', (request: MeshRequest) => {
    if (request === 'sum') {
      parentPort?.postMessage(mesh.takeSum());
      return;
    }
    // Answers first: the answer only says that the work has begun.
    parentPort?.postMessage(0);
    mesh.begin(setting.chains, request.rounds);
  });
}

if (parentPort !== null) serve(workerData as MeshTask);
