/**
 * What the simulation knows by itself about a run: who sent what, what has arrived, who is at work. The engine is
 * checked against it at every step: nothing is lost, doubled or reordered, nobody works twice at a time, and nothing is
 * in flight when the engine says that all is quiet.
 */
import { check } from '../../src/testing/violation.ts';
import { type Target, nameOf } from '../smoke/command-tree.ts';
import type { Sent } from '../smoke/tree-interpreter.ts';
import { STUMBLED } from '../smoke/tree-messages.ts';

/** What is on its way from one to another, and how much of it has come. */
class Line {
  readonly #sent: number[] = [];
  #cameCount = 0;

  get isEmpty(): boolean {
    return this.#cameCount === this.#sent.length;
  }

  send(uid: number): void {
    this.#sent.push(uid);
  }

  came(uid: number, where: string): void {
    const expected = this.#sent[this.#cameCount++];
    check(expected === uid, () => `${where}: ${uid} came where ${expected ?? 'nothing'} was next`);
  }
}

/** The name of whoever sends from outside. */
export const OUTSIDE = 'outside';

export class Journal {
  /** Envelopes that were sent and whose work is not done. */
  inFlightCount = 0;
  /** Timers that are set, and of which nobody has heard yet. */
  timerCount = 0;
  invocationCount = 0;
  /** A digest of everything that happened, in order. */
  hash = 0x811c9dc5 | 0;

  readonly #lines = new Map<string, Line>();
  readonly #senders = new Map<number, string>();
  /** What comes in no order with anything else. */
  readonly #behind = new Map<number, NonNullable<Sent['behind']>>();
  readonly #working = new Set<string>();
  /** By message, how often it has failed since it was given up last. */
  readonly #failures = new Map<number, number>();
  /** By entity, what it will be given next, whatever waits for it: another attempt, or with what it was parked. */
  readonly #next = new Map<string, number>();
  /** Messages that were given up, and whether somebody has let them come again since. */
  readonly #givenUp = new Map<number, boolean>();
  readonly #shardOf: (target: Target) => number;
  readonly #policy: { readonly attempts: number; readonly parks: boolean };

  constructor(shardOf: (target: Target) => number, policy: { readonly attempts: number; readonly parks: boolean }) {
    this.#shardOf = shardOf;
    this.#policy = policy;
  }

  /** Of what can go on only when somebody lets it. */
  get givenUpCount(): number {
    return this.#givenUp.size;
  }

  note(what: number): void {
    this.hash = Math.imul(this.hash ^ what, 0x01000193);
  }

  /** Something was sent that cannot be taken back any more. */
  sent(from: string, { to, uid, behind, fate }: Sent): void {
    if (fate !== undefined && to !== undefined) {
      this.#line(`${from} → shard ${this.#shardOf(to)}`)?.send(uid);
      if (fate === 'refused') this.inFlightCount++;
      return;
    }
    this.#senders.set(uid, from);
    if (behind === 'timer') this.timerCount++;
    else this.inFlightCount++;
    if (behind !== undefined) {
      this.#behind.set(uid, behind);
      return;
    }
    this.#line(`${from} → coordinator`, to === undefined)?.send(uid);
    if (to === undefined) return;
    this.#line(`${from} → ${nameOf(to)}`)?.send(uid);
    this.#line(`${from} → shard ${this.#shardOf(to)}`)?.send(uid);
  }

  /** An envelope came out of a channel; `from` is the entity that sent it (I2). */
  cameToShard(shard: number, from: string, uid: number): void {
    this.#line(`${from} → shard ${shard}`, !this.#behind.has(uid))?.came(uid, `channel from ${from} to shard ${shard}`);
  }

  cameToCoordinator(from: string, uid: number): void {
    this.#line(`${from} → coordinator`)?.came(uid, `channel from ${from} to the coordinator`);
    this.doneAtCoordinator();
  }

  doneAtCoordinator(): void {
    this.inFlightCount--;
    check(this.inFlightCount >= 0, () => 'more came than was sent');
  }

  began(self: Target, caller: string, uid: number): void {
    const name = nameOf(self);
    this.note(uid);
    check(!this.#working.has(name), () => `${name} began ${uid} while at work (I4)`);
    this.#working.add(name);
    const sender = this.#senders.get(uid);
    check(sender === caller, () => `${name} was told that ${uid} came from ${caller}, but ${sender} sent it`);
    this.invocationCount++;
    const next = this.#next.get(name) ?? uid;
    check(next === uid, () => `${name} began ${uid} before ${next}, with which it was not done (I4)`);
    const isAnotherAttempt = this.#next.delete(name);
    const isLetGo = this.#givenUp.get(uid);
    check(isLetGo !== false, () => `${name} began ${uid} again, and nobody has let it`);
    if (this.#givenUp.delete(uid)) this.inFlightCount++;
    else if (!isAnotherAttempt) this.#cameTo(name, caller, uid);
  }

  #cameTo(name: string, caller: string, uid: number): void {
    const behind = this.#behind.get(uid);
    this.#line(`${caller} → ${name}`, behind === undefined)?.came(uid, `${name} from ${caller} (I4)`);
    if (behind === 'timer') {
      this.timerCount--;
      this.inFlightCount++;
    }
    this.#behind.delete(uid);
  }

  /** Somebody lets go on what was given up so far. */
  letGo(): void {
    for (const uid of this.#givenUp.keys()) this.#givenUp.set(uid, true);
  }

  ended(self: Target, sent: readonly Sent[]): void {
    const name = nameOf(self);
    this.note(sent.length);
    this.#working.delete(name);
    for (const item of sent) this.sent(name, item);
    this.inFlightCount--;
  }

  /** The last failure is an envelope of its own, to whoever must hear of it. */
  threw(self: Target, uid: number, error: unknown, isBeingMended: boolean): void {
    const name = nameOf(self);
    this.note(-1);
    this.#working.delete(name);
    const failureCount = (this.#failures.get(uid) ?? 0) + 1;
    const isLast = failureCount === this.#policy.attempts;
    this.#failures.set(uid, isLast ? 0 : failureCount);
    if (!isLast || this.#policy.parks) this.#next.set(name, uid);
    if (isLast && (error as Error).message === STUMBLED) this.#givenUp.set(uid, isBeingMended);
  }

  /** After the run: all that was sent to somebody has come there. */
  checkAllCame(): void {
    for (const [name, line] of this.#lines) {
      if (/→ (?:plain|async|coordinator)/.test(name)) check(line.isEmpty, () => `not all came: ${name}`);
    }
    check(this.#working.size === 0, () => `still at work: ${[...this.#working].join(', ')}`);
  }

  #line(name: string, wanted = true): Line | undefined {
    if (!wanted) return undefined;
    let line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, (line = new Line()));
    return line;
  }
}
