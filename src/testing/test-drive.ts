/**
 * Drives an engine on one thread for a test: turns it until nothing moves any more, moves its clock from one thing that
 * is due to the next, and takes the records of its egresses as they come. Real time is looked at only to notice that
 * something hangs.
 */
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { SingleThreadEngine } from './single-thread.ts';

/** So many turns of the event loop without work mean that nothing moves until the clock does. */
const IDLE_TURNS = 4;
const NAP_MS = 1;

export class TestDrive {
  /** All records so far, by the number of their egress. */
  readonly records: readonly unknown[][];
  readonly #engine: SingleThreadEngine;
  readonly #clock: SimulatedClock;
  readonly #patienceMs: number;
  /** So many invocations were waited for in vain, and what may end them is their deadlines; those since are not among them. */
  #givenUpCount = 0;

  constructor(engine: SingleThreadEngine, clock: SimulatedClock, patienceMs: number) {
    this.#engine = engine;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.records = engine.coordinator.ledgers.map(() => []);
  }

  /** Resolves when nothing moves any more without more virtual time. Rejects when something hangs. */
  async settle(): Promise<void> {
    let idleTurns = 0;
    let idleSince = systemClock.elapsedMs();
    while (!this.#isSettled(idleTurns)) {
      if (this.#turn() > 0) {
        idleTurns = 0;
        idleSince = systemClock.elapsedMs();
      } else idleTurns++;
      await this.#engine.settle();
      if (idleTurns < IDLE_TURNS) continue;
      if (this.#isInVain(systemClock.elapsedMs() - idleSince)) return;
      await setTimeout(NAP_MS);
    }
  }

  /** Whether what is under way is left to its deadlines, which virtual time brings. Throws if nothing will end it. */
  #isInVain(waitedMs: number): boolean {
    const { shards } = this.#engine;
    const count = this.#busyCount;
    const isOver = waitedMs > this.#patienceMs;
    if (!isOver && (count === 0 || count > this.#givenUpCount)) return false;
    if (shards.some(({ underWay }) => underWay.ended.awaitsDeadline)) {
      this.#givenUpCount = count;
      return true;
    }
    if (isOver) throw new Error(this.#whatHangs());
    return false;
  }

  get #busyCount(): number {
    return this.#engine.shards.reduce((sum, { underWay }) => sum + underWay.busyCount, 0);
  }

  /** Lets virtual time pass, with a stop wherever something is due. */
  async advance(ms: number): Promise<void> {
    const until = this.#clock.elapsedMs() + ms;
    await this.settle();
    for (let next = this.#nextDueAt(); next !== undefined && next <= until; next = this.#nextDueAt()) {
      this.#clock.advance(Math.max(0, next - this.#clock.elapsedMs()));
      await this.settle();
    }
    this.#clock.advance(Math.max(0, until - this.#clock.elapsedMs()));
    await this.settle();
  }

  /** By the time that passes, whatever the clock has been set to. */
  #nextDueAt(): number | undefined {
    const now = this.#clock.elapsedMs();
    const dues = this.#engine.shards.map(({ restMs }) => now + restMs);
    const soonest = Math.min(this.#clock.nextWakeAt ?? Number.POSITIVE_INFINITY, ...dues);
    return soonest === Number.POSITIVE_INFINITY ? undefined : soonest;
  }

  #isSettled(idleTurns: number): boolean {
    if (idleTurns > 0 && this.#engine.coordinator.isQuiescent) return true;
    if (idleTurns <= IDLE_TURNS) return false;
    // What is in flight is to be tried again later, or sleeps in virtual time; else real work is under way.
    return this.#clock.sleeperCount > 0 || this.#engine.shards.every(({ isWaiting }) => !isWaiting);
  }

  #turn(): number {
    let workCount = 0;
    for (let thread = 0; thread < this.#engine.threadCount; thread++) workCount += this.#engine.turn(thread);
    this.#engine.coordinator.ledgers.forEach((ledger, number) => {
      this.records[number].push(...ledger.take(Number.POSITIVE_INFINITY).records);
      ledger.acknowledge();
    });
    this.#givenUpCount = Math.min(this.#givenUpCount, this.#busyCount);
    return workCount;
  }

  #whatHangs(): string {
    return (
      `Nothing has moved for ${this.#patienceMs} ms, and ${this.#busyCount} async invocations wait for something that is ` +
      'neither virtual time nor the engine. What the test itself resolves must be resolved before it awaits this call; ' +
      'what is to last can sleep in virtual time (world.sleep).'
    );
  }
}
