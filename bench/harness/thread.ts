/**
 * A worker thread that answers one request at a time: what every rival with threads, and every part measured in a
 * thread of its own, is driven by. A thread that fails fails the run, with its error; nothing waits for it for ever.
 */
import { type Transferable, Worker } from 'node:worker_threads';

export class Thread<Request, Answer> {
  /** Never resolves; rejects when the thread has failed, for those who wait for something else than an answer. */
  readonly failed: Promise<never>;
  readonly #worker: Worker;
  #answered: (answer: Answer) => void = () => {};

  /** `data` is what the thread finds as its `workerData`. */
  constructor(url: URL, data: unknown, transferList: Transferable[] = []) {
    this.#worker = new Worker(url, { workerData: data, transferList });
    this.#worker.on('message', (answer: Answer) => this.#answered(answer));
    this.failed = new Promise((_, reject) => {
      this.#worker.on('error', reject);
      this.#worker.on('exit', (code) => reject(new Error(`${url.pathname} ended with code ${code}.`)));
    });
    // A thread that ends after its last answer is nobody's concern.
    this.failed.catch(() => {});
  }

  ask(request: Request): Promise<Answer> {
    const answer = new Promise<Answer>((resolve) => {
      this.#answered = resolve;
    });
    this.#worker.postMessage(request);
    return Promise.race([answer, this.failed]);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
