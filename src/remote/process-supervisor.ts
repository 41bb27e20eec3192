/**
 * Keeps one function process alive beside a shard: starts it, waits until it serves its socket, and starts it again, after
 * a pause that grows, whenever it has ended. It knows nothing of calls but who waits for a process to be there.
 *
 * ```
 *  start ─► starting ── serves ──► running ── ended ──► pausing ─┐        (one that hangs is ended)
 *              ▲ └────── ended, or too late ───────────────┘     │
 *              └─────────────────────────────────────────────────┘        stop, from anywhere ─► stopped
 * ```
 */
import type { CallOffSignal } from '../base/call-off.ts';
import type { CompanionPlace } from '../sdk/companion.ts';
import { MillraceError } from '../sdk/errors.ts';
import { AbortableWaiters } from './abortable-waiters.ts';
import type { Launched, LaunchOrder } from './kept-process.ts';
import type { ProcessGround, ProcessLife, ProcessState, ProcessStatus } from './process-life.ts';
import type { FilledProcess } from './process-options.ts';

/** Pauses between two looks whether it serves already: short ones first, since most programs are quick. */
const LOOK_MS = [5, 10, 20, 50];
/** After so long it counts as well, and the next pause is the first again. */
const WELL_MS = 10_000;
/** Within this we notice that a process has ended. */
const NOTICE_MS = 1_000;
/** What it wrote last to standard error goes into the error. */
const LAST_LINES = 5;

export class ProcessSupervisor {
  /** Called when a process that served has ended, before its calls hear of it. */
  onEnded: () => void = () => {};
  readonly #options: FilledProcess;
  readonly #place: CompanionPlace;
  readonly #ground: ProcessGround;
  readonly #waiters = new AbortableWaiters<ProcessLife>();
  #state: ProcessState = 'starting';
  #since = 0;
  #startCount = 0;
  /** Failures in a row. */
  #failureCount = 0;
  #reason: string | null = null;
  #launched: Launched | undefined;
  #life: ProcessLife | undefined;
  #lastLines: string[] = [];
  /** Why the process is being ended, if it is. */
  #hanging: string | undefined;
  #isStopping = false;
  #endPause: () => void = () => {};
  #run: Promise<void> | undefined;

  constructor(options: FilledProcess, place: CompanionPlace, ground: ProcessGround) {
    this.#options = options;
    this.#place = place;
    this.#ground = ground;
  }

  start(): void {
    this.#run = this.#keepAlive();
  }

  /** The process, if it serves now. */
  get life(): ProcessLife | undefined {
    return this.#life;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Resolves when a process serves. Rejects with the reason of the signal, or `ENGINE_STOPPED`. */
  nextLife(signal: CallOffSignal): Promise<ProcessLife> {
    if (this.#life !== undefined) return Promise.resolve(this.#life);
    if (this.#isStopping) return Promise.reject(this.#stopped());
    return this.#waiters.wait(signal);
  }

  /** Ends the process: asks it to, and kills it if it takes too long. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#endPause();
    this.#waiters.failAll(this.#stopped());
    this.#launched?.signal('SIGTERM');
    const timer = this.#ground.timers.set(() => this.#launched?.signal('SIGKILL'), this.#options.stopMs);
    await this.#run;
    this.#ground.timers.clear(timer);
  }

  status(): ProcessStatus {
    const { name } = this.#options;
    const pid = this.#launched?.pid ?? 0;
    const waitingCount = this.#waiters.count;
    const [state, since, startCount, reason] = [this.#state, this.#since, this.#startCount, this.#reason];
    return { name, state, since, pid, startCount, reason, waitingCount };
  }

  #stopped(): MillraceError {
    return new MillraceError('ENGINE_STOPPED', `The calls to ${this.#options.name} have been called off.`);
  }

  #enter(state: ProcessState): void {
    this.#state = state;
    this.#since = this.#ground.clock.now();
  }

  async #keepAlive(): Promise<void> {
    while (!this.#isStopping) {
      const startMs = this.#ground.clock.elapsedMs();
      const reason = await this.#liveOnce();
      if (this.#isStopping) break;
      this.#failureCount = this.#ground.clock.elapsedMs() - startMs >= WELL_MS ? 1 : this.#failureCount + 1;
      this.#reason = reason;
      this.#report(reason);
      await this.#pause();
    }
    this.#enter('stopped');
  }

  /** One process from its start to its end; resolves with how it ended. */
  async #liveOnce(): Promise<string> {
    this.#enter('starting');
    this.#startCount++;
    this.#lastLines = [];
    let launched: Launched;
    try {
      launched = this.#ground.launch(this.#order());
    } catch (error) {
      return (error as Error).message;
    }
    this.#launched = launched;
    const isServing = await this.#serves(launched);
    if (isServing === true && !this.#isStopping) this.#begin(launched);
    const reason = await launched.ended;
    this.#launched = undefined;
    const hanging = this.#hanging;
    this.#hanging = undefined;
    if (this.#life !== undefined) await this.#end(this.#life);
    const { startMs } = this.#options;
    if (isServing === undefined) return `it did not serve its socket within ${startMs} ms, and was killed`;
    return hanging === undefined ? reason : `${hanging}: ${reason}`;
  }

  #begin({ socketPath }: Launched): void {
    const endpoint = this.#ground.endpointAt(socketPath);
    const life = { endpoint, isOver: false };
    endpoint.companion?.start({ ...this.#place, report: (error) => this.#reportOf(life, error) });
    this.#life = life;
    this.#enter('running');
    this.#waiters.giveAll(this.#life);
  }

  /**
   * That it cannot be reached is no news if it has ended: calls may notice that before we do. One that lives, and takes no
   * calls or answers none, will never do so again as far as anybody knows: it is ended, so that another one can.
   */
  #reportOf(life: ProcessLife, error: MillraceError): void {
    this.#ground.timers.set(() => {
      if (life.isOver || this.#isStopping) return;
      this.#place.report(error);
      if (error.code === 'ENDPOINT_UNREACHABLE') this.#endHanging(life, String(error.details['reason']));
    }, NOTICE_MS);
  }

  #endHanging(life: ProcessLife, why: string): void {
    const launched = this.#launched;
    if (launched === undefined || this.#hanging !== undefined) return;
    this.#hanging = `it did not answer (${why}), and was ended`;
    // First its calls, whose time is nearly over: cut off by its end they would fail instead of going to the next one.
    void this.#end(life);
    launched.signal('SIGTERM');
    this.#ground.timers.set(() => {
      if (this.#launched === launched) launched.signal('SIGKILL');
    }, this.#options.stopMs);
  }

  /** Its calls fail, and whoever made them knows why. */
  async #end(life: ProcessLife): Promise<void> {
    this.#life = undefined;
    life.isOver = true;
    this.onEnded();
    await life.endpoint.companion?.stop();
  }

  #order(): LaunchOrder {
    const { name, command, cwd, env, stopMs, log } = this.#options;
    const { shard, shardCount } = this.#place;
    return {
      command,
      cwd,
      env: { ...env, MILLRACE_SHARD: String(shard), MILLRACE_SHARD_COUNT: String(shardCount) },
      stopMs,
      line: (stream, text) => {
        if (stream === 'stderr') this.#lastLines = [...this.#lastLines, text.slice(0, 500)].slice(-LAST_LINES);
        return log({ name, shard, pid: this.#launched?.pid ?? 0, stream, text });
      },
    };
  }

  /** True when it serves, false when it has ended; undefined when it had not come so far in time and was killed. */
  async #serves({ ended, socketPath }: Launched): Promise<boolean | undefined> {
    let isOver = false;
    const end = ended.then(() => {
      isOver = true;
    });
    const startMs = this.#ground.clock.elapsedMs();
    for (let look = 0; !isOver; look++) {
      if (await this.#ground.reaches(socketPath)) return true;
      if (this.#ground.clock.elapsedMs() - startMs >= this.#options.startMs) {
        this.#launched?.signal('SIGKILL');
        return undefined;
      }
      await Promise.race([end, this.#wait(LOOK_MS[Math.min(look, LOOK_MS.length - 1)])]);
    }
    return false;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ground.timers.set(resolve, ms);
    });
  }

  async #pause(): Promise<void> {
    this.#enter('pausing');
    const { initialMs, factor, maxMs, jitter } = this.#options.restart;
    const longest = Math.min(maxMs, initialMs * factor ** (this.#failureCount - 1));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endPause = resolve;
    const timer = this.#ground.timers.set(resolve, longest * (1 - jitter * this.#ground.random()));
    await promise;
    this.#ground.timers.clear(timer);
  }

  #report(reason: string): void {
    const { name } = this.#options;
    const { shard } = this.#place;
    const last = this.#lastLines.length === 0 ? '' : `; it wrote last: ${this.#lastLines.join(' | ')}`;
    const what = `The process ${name} of shard ${shard} has ended: ${reason}${last}`;
    const details = { name, shard, reason, startCount: this.#startCount };
    this.#place.report(new MillraceError('PROCESS_FAILED', what, { details }));
  }
}
