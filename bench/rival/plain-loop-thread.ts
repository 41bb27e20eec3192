/**
 * The thread in which the plain loop runs. It has one of its own for the same reason as everybody else: a heap and a
 * compiler that nothing else has touched.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FlowSetting } from '../flow/flow-contender.ts';
import { openTopology } from '../flow/topology.ts';
import { plainLoop } from './plain-loop.ts';

export type PlainLoopRequest = { readonly rounds: number } | 'sum';

const setting = workerData as FlowSetting;
const loop = plainLoop(openTopology(setting.topology, 0));

/** Answers with seconds, or with the sum. */
parentPort?.on('message', (request: PlainLoopRequest) => {
  if (request === 'sum') {
    parentPort?.postMessage(loop.takeSum());
    return;
  }
  const startedAt = performance.now();
  loop.run(setting.chains, request.rounds);
  parentPort?.postMessage((performance.now() - startedAt) / 1000);
});
