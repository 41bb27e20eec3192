/**
 * Two real threads, started together: each runs one file with its own data and answers with one message. When either
 * fails the other is stopped, since it may wait for the first for ever.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export async function runThreadPair<First, Second>(file: URL, first: object, second: object): Promise<[First, Second]> {
  const workers = [first, second].map((workerData) => new Worker(file, { workerData }));
  try {
    return (await Promise.all(workers.map(answerOf))) as [First, Second];
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** `once` rejects on 'error'; a thread that ends without an answer has failed as well. */
async function answerOf(worker: Worker): Promise<unknown> {
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`a thread ended with code ${String(code)} and gave no answer`);
  });
  ended.catch(() => {});
  const [answer] = (await Promise.race([once(worker, 'message'), ended])) as [unknown];
  return answer;
}

/** Lets two threads start each round together: spins, since a sleeping thread would come late to every race. */
export class Barrier {
  readonly #words: Int32Array;
  #round = 0;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(8);
  }

  meet(): void {
    this.#round++;
    Atomics.add(this.#words, 0, 1);
    for (let spin = 0; Atomics.load(this.#words, 0) < 2 * this.#round; spin++) {
      if (spin > 10_000) Atomics.wait(this.#words, 1, 0, 0.05);
    }
  }
}
