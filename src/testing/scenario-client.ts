/**
 * The client of a scenario: a list of what it still wants of the engine. It wants it from whatever process happens to
 * run, one step at a time, and forgets about it only when it was told that it is done.
 */
import type { Prng } from '../base/prng.ts';
import { assert } from '../base/assert.ts';
import { type Duration, readDuration } from '../sdk/duration.ts';
import type { DeadLetterOutcome } from '../engine/dead-letters.ts';
import type { UnparkOptions } from '../engine/parked.ts';
import type { Address } from '../sdk/address.ts';
import type { DeadLetter, DeadLetterFilter, ParkedAddressInfo } from '../sdk/dead-letter.ts';
import { describe } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { IngressType } from '../sdk/ingress.ts';
import { checkFields } from '../sdk/known-fields.ts';
import type { Cut } from './cut.ts';
import type { DurableProcess } from './durable-process.ts';
import type { ScenarioClient } from './scenario.ts';
import { allOf } from './mended-states.ts';
import { asking, type Call, type Mending, ordering, sending } from './scenario-calls.ts';
import type { SimulatedClock } from './simulated-clock.ts';

const AGAIN_CHANCE = 0.05;
const SEND_OPTIONS = new Set(['idempotencyKey']);

type Target = string | FunctionType<never>;

type Which = DeadLetterFilter | Iterable<string>;

interface Wanted {
  readonly call: Call;
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
  #waiting: Wanted[] = [];
  /** Said to the process that runs, and not answered. */
  #said: Wanted[] = [];
  #waits: Wait[] = [];

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  // -- what the scenario says

  send(target: Target, id: string, message: unknown, options?: { readonly idempotencyKey?: string }): Promise<void> {
    if (options !== undefined) checkFields('INVALID_OPTION', 'send', options, SEND_OPTIONS);
    const key = options?.idempotencyKey ?? `sent-${++this.#keyCount}`;
    return this.#want(sending(nameOf(target), id, message, key)) as Promise<void>;
  }

  ask<Reply>(target: Target, id: string, message: unknown): Promise<Reply> {
    return this.#want(asking(nameOf(target), id, message)) as Promise<Reply>;
  }

  redrive(which: Which = {}): Promise<DeadLetterOutcome> {
    return this.#order('what it redrives', ({ letters, meant }) => letters.redrive(meant(which)));
  }

  dropDeadLetters(which: Which): Promise<DeadLetterOutcome> {
    return this.#order('what it drops', ({ letters, meant }) => letters.drop(meant(which)));
  }

  editDeadLetters(which: Which, change: (letter: DeadLetter) => unknown): Promise<DeadLetterOutcome> {
    const selected = typeof which === 'string' ? [which] : which;
    return this.#order('what it edits', ({ letters, meant }) => letters.edit(meant(selected), change));
  }

  parked(filter?: DeadLetterFilter): Promise<ParkedAddressInfo[]> {
    return this.#order('what is parked', ({ parked }) => allOf(parked.list(filter)));
  }

  unpark(which: Address | DeadLetterFilter, options?: UnparkOptions): Promise<number> {
    return this.#order('what it unparks', ({ parked, meant }) => parked.unpark(meant(which), options));
  }

  #order<Outcome>(what: string, order: (mending: Mending) => Promise<Outcome>): Promise<Outcome> {
    return this.#want(ordering(what, this.#parts.clock, order)) as Promise<Outcome>;
  }

  #want(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, isDone: false, resolve, reject });
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
    const [wanted] = [...this.#said, ...this.#waiting];
    return wanted && `run() waits for ${wanted.call.waitsFor}`;
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
    const keyed = this.#said.filter(({ call }) => call.key !== undefined);
    if (keyed.length > 0 && prng.chance(AGAIN_CHANCE)) {
      this.#say(process, prng.pick(keyed));
      return true;
    }
    const wanted = this.#waiting.shift();
    if (wanted === undefined) return false;
    this.#said.push(wanted);
    this.#say(process, wanted);
    return true;
  }

  #say(process: DurableProcess, wanted: Wanted): void {
    const { key } = wanted.call;
    wanted.call.say(process).then(
      (reply) => {
        if (key !== undefined) this.acknowledged.add(key);
        this.#end(wanted, () => wanted.resolve(reply));
      },
      (error: Error) => {
        // An error of a process that is ending says nothing about what was wanted.
        if (process.isRunning) this.#end(wanted, () => wanted.reject(error));
      },
    );
  }

  #end(wanted: Wanted, tell: () => void): void {
    if (wanted.isDone) return;
    wanted.isDone = true;
    this.#waiting = this.#waiting.filter((other) => other !== wanted);
    this.#said = this.#said.filter((other) => other !== wanted);
    tell();
  }
}

function nameOf(target: Target): string {
  return typeof target === 'string' ? target : target.type;
}
