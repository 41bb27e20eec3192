/**
 * What was done in a run of kills, and how long restarting took: a table for people.
 */
import type { Life } from './bank-life.ts';
import { DEEDS, type Deed } from './bank-deeds.ts';
import { addMet, type Met, NOTHING_MET } from './bank-states.ts';
import type { BankWorld } from './bank-world.ts';
import type { CallPlan } from './call-plan.ts';

interface Row {
  killCount: number;
  /** Kills after which the next life has opened. */
  recoveryCount: number;
}

export class CrashTally {
  killCount = 0;
  committedCount = 0;
  lostCount = 0;
  duplicatedCount = 0;
  worldCount = 0;
  /** What had failed and was tried again in lives that finished. */
  retriedCount = 0;
  /** Lines of the output that say of which trace they are. */
  tracedCount = 0;
  met: Met = NOTHING_MET;
  /** In how many lives that were killed it has happened before. */
  readonly deedCounts: Map<Deed, number> = new Map(DEEDS.map((deed) => [deed, 0]));
  /** How much each office has done in all, by its type. */
  readonly officeCounts: Map<string, number> = new Map();
  readonly #rows = new Map<string, Row>();
  readonly #restartMs: number[] = [];
  /** Kills of a world since its last life that has opened. */
  readonly #pending = new Map<BankWorld, Row[]>();

  addKill(world: BankWorld, plan: CallPlan | undefined, life: Life): void {
    this.#opened(world, life);
    this.killCount++;
    for (const deed of life.seen) this.deedCounts.set(deed, (this.deedCounts.get(deed) ?? 0) + 1);
    const point = life.end === 'plan' && plan !== undefined ? pointOf(plan) : 'at any time';
    const row = this.#row(life.openedMs === undefined ? `${point}, while it starts` : point);
    row.killCount++;
    this.#pending.set(world, [...(this.#pending.get(world) ?? []), row]);
  }

  /** The life that finishes a world. */
  addLast(world: BankWorld, life: Life): void {
    this.#opened(world, life);
    this.#pending.delete(world);
    this.retriedCount += life.states?.retriedCount ?? 0;
    this.met = addMet(this.met, life.states?.met ?? NOTHING_MET);
    for (const [name, { count }] of Object.entries(life.states?.offices ?? {})) {
      const [type = ''] = name.split(' ');
      this.officeCounts.set(type, (this.officeCounts.get(type) ?? 0) + count);
    }
  }

  addWorld({ committedCount, lostCount, duplicatedCount, tracedCount }: BankWorld): void {
    this.worldCount++;
    this.committedCount += committedCount;
    this.lostCount += lostCount;
    this.duplicatedCount += duplicatedCount;
    this.tracedCount += tracedCount;
  }

  #opened(world: BankWorld, { openedMs }: Life): void {
    if (openedMs === undefined) return;
    const pending = this.#pending.get(world) ?? [];
    for (const row of pending) row.recoveryCount++;
    if (pending.length > 0) this.#restartMs.push(openedMs);
    this.#pending.delete(world);
  }

  #row(point: string): Row {
    const known = this.#rows.get(point);
    if (known !== undefined) return known;
    const row = { killCount: 0, recoveryCount: 0 };
    this.#rows.set(point, row);
    return row;
  }

  /** Of what was to be met by the kills: how often the rarest was. */
  get rarestCount(): number {
    const counts = [...this.deedCounts.values(), ...this.officeCounts.values(), ...Object.values(this.met)];
    return Math.min(...counts, this.tracedCount);
  }

  get recoveryCount(): number {
    return [...this.#rows.values()].reduce((sum, row) => sum + row.recoveryCount, 0);
  }

  /** Kills that came by a plan, at a named point. */
  get pointCount(): number {
    return [...this.#rows.keys()].filter((point) => !point.startsWith('at any time')).length;
  }

  restartMs(share: number): number {
    const sorted = this.#restartMs.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  describe(): string {
    const rows = [...this.#rows].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const width = Math.max(...rows.map(([point]) => point.length), 10);
    const lines = rows.map(([point, { killCount, recoveryCount }]) => {
      return `${point.padEnd(width)}  ${String(killCount).padStart(6)}  ${String(recoveryCount).padStart(10)}`;
    });
    return [
      `${'point'.padEnd(width)}   kills  recoveries`,
      ...lines,
      `${'all'.padEnd(width)}  ${String(this.killCount).padStart(6)}  ${String(this.recoveryCount).padStart(10)}`,
      '',
      `${this.worldCount} worlds, restart p50 ${this.restartMs(0.5).toFixed(0)} ms p99 ${this.restartMs(0.99).toFixed(0)} ms`,
      `acknowledged ${this.committedCount}, lost ${this.lostCount}, duplicated ${this.duplicatedCount}, dead or parked and tried again ${this.retriedCount}`,
      `lives that had this before they were killed: ${counts(this.deedCounts)}`,
      `done: ${counts(this.officeCounts)}`,
      `met: ${counts(new Map(Object.entries(this.met)))}, lines with a trace ${this.tracedCount}`,
    ].join('\n');
  }
}

function pointOf({ how, kind, place, thread }: CallPlan): string {
  return `${how} ${kind} of ${place}, ${thread}`;
}

function counts(all: ReadonlyMap<string, number>): string {
  return [...all].map(([name, count]) => `${name} ${count}`).join(', ');
}
