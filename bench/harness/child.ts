/**
 * A process that answers one request at a time: for what must not share a heap with anybody, and for what is killed. A
 * process that ends while it is asked fails the run. The other end is `child-requests.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { epochMs } from './epoch-clock.ts';
import { PROFILE_FLAGS } from './profile-flags.ts';

/** A process that writes profiles ends by itself; if it has not by then, it never will. */
const END_TIMEOUT_MS = 30_000;

/** All that is ever answered: numbers by name. */
export type Numbers = Readonly<Record<string, number>>;

export class Child<Request extends object | string> {
  /** When it was started, on the clock of all processes. */
  readonly spawnedMs: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #failed: Promise<never>;
  #answered: (numbers: Numbers) => void = () => {};

  /** `options` is what the process finds as JSON in its first argument. */
  constructor(url: URL, options: object) {
    this.spawnedMs = epochMs();
    this.#process = fork(url, [JSON.stringify(options)], {
      execArgv: [...PROFILE_FLAGS],
      env: { ...process.env, NODE_ENV: 'production' },
      // Its standard output would be taken for results.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (numbers: Numbers) => this.#answered(numbers));
    this.#ended = once(this.#process, 'exit');
    this.#failed = this.#ended.then(() => {
      const { exitCode, signalCode } = this.#process;
      throw new Error(`${url.pathname} ended with ${signalCode ?? `code ${exitCode}`}.`);
    });
    // A process that ends after its last answer is nobody's concern.
    this.#failed.catch(() => {});
  }

  ask(request: Request): Promise<Numbers> {
    const answer = new Promise<Numbers>((resolve) => {
      this.#answered = resolve;
    });
    // If it cannot be sent any more, the process has ended, which is what is reported.
    this.#process.send(request, () => {});
    return Promise.race([answer, this.#failed]);
  }

  /**
   * Nobody needs it any more. It has nothing left to do and is killed, which is quickest; but a killed process writes no
   * profile, so one that is profiled is left to end by itself. No harm if it is gone already.
   */
  async end(): Promise<void> {
    if (PROFILE_FLAGS.length === 0) return await this.kill();
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), END_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Without a chance to do anything before; resolves when it is gone. No harm if it is gone already. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}

/** One piece of work with a process, which then closes in order, or is ended if the work fails. */
export async function workWith<Request extends object | string, Result>(
  child: Child<Request | 'close'>,
  work: (child: Child<Request | 'close'>) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await work(child);
    await child.ask('close');
    return result;
  } finally {
    await child.end();
  }
}
