/**
 * One thread of a litmus test: in every round both threads go over the same instances, meeting before each and then
 * racing as its two actors. The second one then counts the outcomes and makes the instances new.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Prng } from '../../src/base/prng.ts';
import type { LitmusThreadData } from './litmus-run.ts';
import { type Instance, LITMUS_TESTS, type LitmusTest, openInstance, resetInstance } from './litmus-tests.ts';
import { Barrier } from './thread-pair.ts';

const DELAY_MAX = 12;
const data = workerData as LitmusThreadData;
const { actor, roundCount } = data;
const instances = data.instances.map(openInstance);
const seen = data.seen.map((shared) => new Int32Array(shared));
const isOver = new Int32Array(data.isOver);
const barrier = new Barrier(data.barrier);
const whims = new Prng(actor);
const tally = new Map<string, number>();
const test = LITMUS_TESTS.find(({ name }) => name === data.name) as LitmusTest;
for (let round = 1; Atomics.load(isOver, 0) === 0; round++) {
  runActor(test, instances);
  barrier.meet();
  if (actor === 1) {
    countAndReset(test);
    if (round === roundCount || performance.now() > data.timeLimitMs) Atomics.store(isOver, 0, 1);
  }
  barrier.meet();
}
parentPort?.postMessage(tally);

/** Meets the other thread before each instance, then lets it have a head start of a random length. */
function runActor({ actors }: LitmusTest, all: readonly Instance[]): void {
  const act = actors[actor];
  const results = seen[actor];
  for (let index = 0; index < all.length; index++) {
    barrier.meet();
    for (let delay = whims.below(DELAY_MAX); delay > 0; delay--) Atomics.load(results, 0);
    results[index] = act(all[index]);
  }
}

function countAndReset({ arbiter }: LitmusTest): void {
  for (const [index, instance] of instances.entries()) {
    const values = [seen[0][index], seen[1][index], ...(arbiter === undefined ? [] : [arbiter(instance)])];
    const outcome = values.join(' ');
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
    resetInstance(instance);
  }
}
