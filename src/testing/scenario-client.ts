/**
 * The client of a scenario: a list of what it still wants of the engine. It wants it from whatever process happens to
 * run, one step at a time, and forgets about it only when it was told that it is done.
 */
import type { Prng } from '../base/prng.ts';
import { assert } from '../base/assert.ts';
import { type Duration, readDuration } from '../sdk/duration.ts';
import { describe, type MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { IngressType } from '../sdk/ingress.ts';
import type { Cut } from './cut.ts';
import type { DurableProcess } from './durable-process.ts';
import type { ScenarioClient } from './scenario.ts';
import type { SimulatedClock } from './simulated-clock.ts';

const AGAIN_CHANCE = 0.05;

type Target = string | FunctionType<never>;

interface Call {
  readonly type: string;
  readonly id: string;
  readonly message: unknown;
  /** None for a question. */
  readonly key: string | undefined;
  isDone: boolean;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Waits until all is quiet: for a cut, or for time to pass. */
interface Wait {
  /** By the time that has passed. */
  readonly until: number;
  readonly resolve: () => void;
}

export interface ClientParts {
  readonly prng: Prng;
  readonly clock: SimulatedClock;
  feed(ingress: string, records: readonly unknown[]): void;
  settledCut(): Promise<Cut>;
}

export class WantingClient implements ScenarioClient {
  /** Keys of sends that were acknowledged. */
  readonly acknowledged: Set<string> = new Set();
  readonly #parts: ClientParts;
  #keyCount = 0;
  #waiting: Call[] = [];
  /** Said to the process that runs, and not answered. */
  #said: Call[] = [];
  #waits: Wait[] = [];

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  // -- what the scenario says

  send(target: Target, id: string, message: unknown, options?: { readonly idempotencyKey?: string }): Promise<void> {
    const key = options?.idempotencyKey ?? `sent-${++this.#keyCount}`;
    return this.#want(target, id, message, key) as Promise<void>;
  }

  ask<Reply>(target: Target, id: string, message: unknown): Promise<Reply> {
    return this.#want(target, id, message, undefined) as Promise<Reply>;
  }

  #want(target: Target, id: string, message: unknown, key: string | undefined): Promise<unknown> {
    const type = typeof target === 'string' ? target : target.type;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ type, id, message, key, isDone: false, resolve, reject });
    });
  }

  feed(ingress: string | IngressType<unknown>, ...records: readonly unknown[]): void {
    this.#parts.feed(typeof ingress === 'string' ? ingress : ingress.type, records);
  }

  advance(duration: Duration): Promise<void> {
    const ms = readDuration(duration);
    assert(ms !== undefined, `${describe(duration)} is not a duration: milliseconds, or text such as "30 days"`);
    return this.#whenQuiet(this.#parts.clock.elapsedMs() + ms);
  }

  jump(ms: number): void {
    this.#parts.clock.jump(ms);
  }

  async settle(): Promise<Cut> {
    await this.#whenQuiet(this.#parts.clock.elapsedMs());
    return await this.#parts.settledCut();
  }

  #whenQuiet(until: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waits.push({ until, resolve });
    });
  }

  now(): number {
    return this.#parts.clock.now();
  }

  random(): number {
    return this.#parts.prng.fraction();
  }

  // -- what comes of it

  /** Whether it wants nothing that only a running process can give. */
  get isQuiet(): boolean {
    return this.#waiting.length === 0 && this.#said.length === 0;
  }

  /** When the first of those who wait for time to pass has waited long enough. */
  get waitsUntil(): number | undefined {
    return this.#waits.length === 0 ? undefined : Math.min(...this.#waits.map(({ until }) => until));
  }

  get waitsFor(): string | undefined {
    const [call] = [...this.#said, ...this.#waiting];
    if (call === undefined) return undefined;
    const what = call.key === undefined ? 'an answer to its question' : 'the commit of its message';
    return `run() waits for ${what} to ${call.type} ${describe(call.id)}`;
  }

  /** All is quiet, and so much time has passed. */
  quiet(): boolean {
    const elapsedMs = this.#parts.clock.elapsedMs();
    const due = this.#waits.filter(({ until }) => until <= elapsedMs);
    if (due.length === 0) return false;
    this.#waits = this.#waits.filter(({ until }) => until > elapsedMs);
    for (const { resolve } of due) resolve();
    return true;
  }

  /** The process has died; what it was told and did not answer has to be said again. */
  died(): void {
    const again = this.#said;
    this.#said = [];
    this.#waiting = this.#parts.prng.chance(0.7) ? [...again, ...this.#waiting] : [...this.#waiting, ...again];
  }

  /** Says the next thing, if there is any. */
  step(process: DurableProcess): boolean {
    const { prng } = this.#parts;
    const keyed = this.#said.filter(({ key }) => key !== undefined);
    if (keyed.length > 0 && prng.chance(AGAIN_CHANCE)) {
      this.#send(process, prng.pick(keyed));
      return true;
    }
    const call = this.#waiting.shift();
    if (call === undefined) return false;
    this.#said.push(call);
    if (call.key === undefined) this.#ask(process, call);
    else this.#send(process, call);
    return true;
  }

  #send(process: DurableProcess, call: Call): void {
    const { type, id, message, key } = call;
    process.clients?.send(type, id, message, true, key).then(
      () => {
        if (key !== undefined) this.acknowledged.add(key);
        this.#end(call, () => call.resolve(undefined));
      },
      (error: Error) => this.#fail(process, call, error),
    );
  }

  #ask(process: DurableProcess, call: Call): void {
    const asker = {
      replied: (reply: unknown) => this.#end(call, () => call.resolve(reply)),
      failed: (error: MillraceError) => this.#fail(process, call, error),
    };
    try {
      process.clients?.ask(call.type, call.id, call.message, asker, true);
    } catch (error) {
      this.#fail(process, call, error as Error);
    }
  }

  /** An error of a process that is ending says nothing about the message. */
  #fail(process: DurableProcess, call: Call, error: Error): void {
    if (process.isRunning) this.#end(call, () => call.reject(error));
  }

  #end(call: Call, tell: () => void): void {
    if (call.isDone) return;
    call.isDone = true;
    this.#waiting = this.#waiting.filter((other) => other !== call);
    this.#said = this.#said.filter((other) => other !== call);
    tell();
  }
}
