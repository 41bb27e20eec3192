/**
 * A workload of entities that keep, in a plain value, a shadow of what their other values must read as, so that both are
 * compared whenever one is invoked, after whatever crash, fetch or fold. The clock jumps, so that what expires does so
 * amid everything; every process has newer code than the one before; and in the end all that has expired must be gone from
 * the disk. Those who derive from it say which states there are and what is to be so.
 */
import type { MillraceError, Module } from '../../src/index.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import { KeyedClients, type KeyedMessage } from './keyed-client.ts';
import { LastLook } from './last-look.ts';

const VERSION_MAX = 6;

export abstract class ShadowWorkload implements Workload {
  protected readonly outside: Outside;
  readonly #clients: KeyedClients;
  readonly #lastLook: LastLook;
  #version = 0;
  #violation: string | undefined;

  /** `isOver` says whether nothing that expires is left in a cut, and nothing in flight. */
  constructor(outside: Outside, messages: readonly KeyedMessage[], isOver: (cut: CommittedCut) => boolean) {
    this.outside = outside;
    this.#clients = new KeyedClients(outside, messages);
    this.#lastLook = new LastLook(outside, isOver);
  }

  /** Every process has newer code than the one before. */
  newModule(): Module {
    this.#version = Math.min(this.#version + 1, VERSION_MAX);
    return this.moduleOf(this.#version);
  }

  protected abstract moduleOf(version: number): Module;

  /** Seen by an invocation, which must not fail of it: the run does, at its next step. */
  protected expect(isSo: boolean, what: () => string): void {
    if (!isSo) this.#violation ??= `${what()} at ${this.outside.clock.now()}`;
  }

  started(): void {}

  died(): void {
    this.#clients.died();
    this.happened();
  }

  /** What was seen may have been taken back. */
  happened(what = 'the shards are back'): void {
    if (what !== 'the shards are back') return;
    this.#lastLook.forget();
  }

  step(process: DurableProcess): boolean {
    this.#checkViolation();
    const { clock, prng } = this.outside;
    if (prng.chance(0.1)) clock.advance(prng.pick([10, 100, 350, 1_050]));
    if (this.#clients.step(process)) return true;
    return this.#clients.isDone && this.#lastLook.step(process);
  }

  isDone(): boolean {
    this.#checkViolation();
    return this.#clients.isDone && this.#lastLook.isClean;
  }

  #checkViolation(): void {
    check(this.#violation === undefined, () => this.#violation ?? '');
  }

  get waitsFor(): string {
    return this.#clients.isDone ? 'what has expired is not removed' : 'clients are not told';
  }

  invocationFailed(error: MillraceError): void {
    check(false, () => `no invocation of a shadowed entity fails: ${error.stack}`);
  }

  known(): ReadonlySet<string> {
    return this.#clients.acknowledged;
  }

  abstract checkCut(cut: CommittedCut): void;

  abstract checkEnd(cut: CommittedCut): void;
}
