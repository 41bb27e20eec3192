/**
 * The thread of one worker of the mesh over bare shared memory. It spins for as long as a run lasts; whoever brings the
 * count of handled messages to the total ends the run for all.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Hop } from '../flow/all-to-all-topology.ts';
import type { FlowSetting } from '../flow/flow-contender.ts';
import { openTopology, type Topology } from '../flow/topology.ts';
import { lookAgain } from '../micro/ring-carrier.ts';
import { type BareWorker, bareWorker } from './bare-mesh.ts';
import { HANDLED, TOTAL } from './mesh-words.ts';

export interface BareMeshTask {
  readonly worker: number;
  readonly setting: FlowSetting;
  readonly rings: readonly (readonly SharedArrayBuffer[])[];
  readonly words: Int32Array;
}

export type BareMeshRequest = { readonly rounds: number } | 'sum';

function serve({ worker, setting, rings, words }: BareMeshTask): void {
  const mesh = bareWorker(openTopology(setting.topology, worker) as Topology<Hop>, worker, rings);
  parentPort?.on('message', (request: BareMeshRequest) => {
    if (request === 'sum') {
      parentPort?.postMessage(mesh.takeSum());
      return;
    }
    mesh.begin(setting.chains, request.rounds);
    work(mesh, words);
    parentPort?.postMessage(0);
  });
}

function work(mesh: BareWorker, words: Int32Array): void {
  for (let looks = 0; Atomics.load(words, HANDLED) !== Atomics.load(words, TOTAL); ) {
    const count = mesh.turn();
    if (count > 0) Atomics.add(words, HANDLED, count);
    looks = count > 0 ? 0 : lookAgain(looks);
  }
}

if (parentPort !== null) serve(workerData as BareMeshTask);
