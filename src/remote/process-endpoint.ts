/**
 * `processEndpoint`: functions that run in a process beside each shard. The shard's thread starts one, talks HTTP to it
 * over a Unix socket that only the two of them know, and ends it when it ends itself. Making an endpoint starts nothing,
 * since every thread that reads the module makes one.
 */
import type { CallOffSignal } from '../base/call-off.ts';
import { connect } from 'node:net';
import { assert } from '../base/assert.ts';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { systemTimers } from '../base/timers.ts';
import type { Companion, CompanionPlace } from '../sdk/companion.ts';
import type { BatchRequest, BatchResponse } from '../statefun/protocol.ts';
import { socketEndpoint } from './http-endpoint.ts';
import { launchKept } from './kept-process.ts';
import { ProcessCalls } from './process-calls.ts';
import { type FilledProcess, fillProcess, type ProcessEndpointOptions } from './process-options.ts';
import type { ProcessGround } from './process-life.ts';
import { ProcessSupervisor } from './process-supervisor.ts';
import type { Endpoint } from './transport.ts';

/** How long a look whether somebody serves a socket may take. */
const LOOK_TIMEOUT_MS = 1_000;

/**
 * An endpoint whose functions run in a process of their own beside each shard: co-located, as StateFun calls it. The
 * engine starts one process a shard with `MILLRACE_SOCKET` in its environment, the path of the Unix socket on which it
 * must serve StateFun's protocol over HTTP, and with `MILLRACE_SHARD` and `MILLRACE_SHARD_COUNT`. Give it to remote
 * functions; several may share it.
 *
 * A process that ends, for whatever reason, or is ended since it takes calls and answers none, is started again after a pause, and `PROCESS_FAILED` is told to the engine's
 * `error` listeners; until then calls wait. A message under which the process has ended three times fails with
 * `REMOTE_CALL_FAILED`. Processes end with their shard, also when the engine is killed. Not on Windows.
 *
 * @throws MillraceError `INVALID_DEFINITION`
 */
export function processEndpoint(options: ProcessEndpointOptions): Endpoint {
  const filled = fillProcess(options);
  return processEndpointOn(filled, {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    launch: launchKept,
    reaches,
    endpointAt: (socketPath) => {
      const { concurrency, timeouts, effectCountMax } = filled;
      return socketEndpoint(socketPath, { concurrency, timeouts, effectCountMax });
    },
  });
}

/** The same on another ground, for tests. */
export function processEndpointOn(options: FilledProcess, ground: ProcessGround): Endpoint {
  return new ProcessEndpoint(options, ground);
}

class ProcessEndpoint implements Endpoint, Companion {
  readonly name: string;
  readonly concurrency: number;
  readonly stateBytesMax: number;
  readonly effectCountMax: number;
  readonly companion: Companion = this;
  readonly takesCallOff = true;
  readonly runsElsewhere = true;
  readonly #options: FilledProcess;
  readonly #ground: ProcessGround;
  #supervisor: ProcessSupervisor | undefined;
  #calls: ProcessCalls | undefined;
  /** Shards of this thread; more than one only where a whole engine runs on one, which then share a process. */
  #shardCount = 0;

  constructor(options: FilledProcess, ground: ProcessGround) {
    this.name = options.name;
    this.concurrency = options.concurrency;
    this.stateBytesMax = options.stateBytesMax;
    this.effectCountMax = options.effectCountMax;
    this.#options = options;
    this.#ground = ground;
  }

  start(place: CompanionPlace): void {
    if (this.#shardCount++ > 0) return;
    this.#supervisor = new ProcessSupervisor(this.#options, place, this.#ground);
    this.#calls = new ProcessCalls(this.name, this.#supervisor);
    this.#supervisor.start();
  }

  async stop(): Promise<void> {
    if (--this.#shardCount > 0) return;
    await this.#supervisor?.stop();
  }

  status(): readonly object[] {
    const { life } = this.#supervisor ?? {};
    const own = this.#supervisor === undefined ? [] : [this.#supervisor.status()];
    return [...own, ...(life?.endpoint.companion?.status() ?? [])];
  }

  call(request: BatchRequest, signal: CallOffSignal): Promise<BatchResponse> {
    assert(this.#calls !== undefined, 'endpoints are called between start and stop');
    return this.#calls.call(request, signal);
  }
}

function reaches(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.setTimeout(LOOK_TIMEOUT_MS, () => resolve(false));
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
