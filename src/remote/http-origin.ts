/**
 * One origin as one shard sees it: its connections, its breaker, the calls to it and what there is to say of them. A
 * function whose calls go elsewhere notices nothing of what happens here.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Timers } from '../base/timers.ts';
import type { Attempt, AttemptListener, HttpClient, OpenClient, OpenedClient } from './attempt.ts';
import { CallGate } from './call-gate.ts';
import { CallWatch } from './call-watch.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { FilledEndpoint } from './endpoint-options.ts';
import type { EndpointStatus } from './endpoint-status.ts';
import type { CallTarget } from './endpoint-url.ts';
import { type CallGround, type CallOrder, HttpCall } from './http-call.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { retryRules } from './retry-rules.ts';

/** What the world is made of. */
export interface EndpointGround {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly open: OpenClient;
}

/** Where connections may grow as old as they like. */
const LOOK_MS = 15_000;

export class HttpOrigin implements HttpClient {
  readonly #target: CallTarget;
  readonly #open: OpenClient;
  readonly #ground: CallGround;
  readonly #unreachable: (origin: string, reason: string) => void;
  #client: OpenedClient | undefined;
  #isStale = false;
  /** How often it is looked at whether the files of certificates have changed, and when next. */
  readonly #lookMs: number;
  #lookAt = 0;

  /** `unreachable` is told when the breaker opens. */
  constructor(
    target: CallTarget,
    options: FilledEndpoint,
    { clock, timers, random, open }: EndpointGround,
    unreachable: (origin: string, reason: string) => void,
  ) {
    this.#target = target;
    this.#lookMs = options.connectionAgeMaxMs || LOOK_MS;
    this.#open = open;
    this.#unreachable = unreachable;
    const breaker = new CircuitBreaker(options, clock, timers, {
      breakerOpened: (reason) => this.#opened(reason),
      breakerLetsPass: () => this.#ground.gate.letPass(),
    });
    const calls: CallGround['calls'] = new Set();
    this.#ground = {
      name: options.url.name,
      clock,
      timers,
      random,
      rules: retryRules(options.profile),
      breaker,
      gate: new CallGate(breaker, Math.min(options.concurrency, options.connectionCountMax)),
      client: this,
      latencies: new LatencyHistogram(),
      counts: { attempts: 0, failures: 0 },
      calls,
      watch: new CallWatch(clock, timers, calls),
      callMs: options.callMs,
      readMs: options.readMs,
      writeMs: options.writeMs,
    };
  }

  /** Opens what can be opened without calling; if that fails, calls wait from the start. */
  prepare(): void {
    try {
      this.#client ??= this.#open(this.#target);
    } catch (error) {
      this.#ground.breaker.open((error as Error).message);
    }
  }

  call<Result>(order: CallOrder<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      new HttpCall(this.#ground, order, resolve, reject).begin();
    });
  }

  /** For the calls: the client of the moment, which may have to be opened. */
  post(target: CallTarget, body: Uint8Array, listener: AttemptListener): Attempt {
    try {
      if (this.#isStale) this.#renew();
      else if (this.#target.isSecure) this.#lookAtFiles();
      this.#client ??= this.#open(this.#target);
    } catch (error) {
      queueMicrotask(() => listener.attemptEnded({ kind: 'unreachable', cause: error as Error }));
      return NO_ATTEMPT;
    }
    return this.#client.post(target, body, listener);
  }

  status(): EndpointStatus {
    const { name, breaker, gate, counts, latencies } = this.#ground;
    return {
      name,
      origin: this.#target.origin,
      state: breaker.state,
      since: breaker.sinceMs,
      reason: breaker.reason ?? null,
      underWayCount: gate.underWayCount,
      waitingCount: gate.waitingCount,
      attemptCount: counts.attempts,
      failureCount: counts.failures,
      p50Ms: latencies.percentile(50),
      p99Ms: latencies.percentile(99),
    };
  }

  retire(): void {
    this.#client?.retire();
  }

  async close(reason?: unknown): Promise<void> {
    for (const call of this.#ground.calls) call.callOff(reason);
    this.#ground.breaker.close();
    this.#ground.watch.close();
    await this.#client?.close();
  }

  /** What certificates said before may be why; so they are read again with the next attempt. */
  #opened(reason: string): void {
    this.#isStale = this.#target.isSecure;
    this.#unreachable(this.#target.origin, reason);
  }

  /** Certificates are replaced while the old ones are good, and those that are refused at any time. */
  #lookAtFiles(): void {
    const { clock, breaker } = this.#ground;
    const now = clock.elapsedMs();
    if (breaker.isClosed && now < this.#lookAt) return;
    this.#lookAt = now + this.#lookMs;
    if (this.#client?.isOutdated() !== true) return;
    try {
      this.#renew();
    } catch {
      // Half-written, it may be: what was read before is used until they can be read, or until it is refused.
    }
  }

  #renew(): void {
    const client = this.#open(this.#target);
    this.#isStale = false;
    this.#client?.retire();
    this.#client = client;
  }
}

/** For what could not even be begun. */
const NO_ATTEMPT: Attempt = { isAnswered: false, isSent: false, isTaken: false, activeAt: 0, cancel: () => undefined };
