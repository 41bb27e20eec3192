/**
 * What lives beside a shard as long as its thread does: the companions of its functions, each started once and stopped
 * once. What they have to report is told in the shard's next turn.
 */
import type { Companion } from '../sdk/companion.ts';
import type { MillraceError } from '../sdk/errors.ts';
import type { AnyFunction } from '../sdk/function.ts';
import { KIND_FAILURE, TYPE_NONE, TYPE_UNKNOWN } from '../wire/envelope-layout.ts';
import type { Effects } from './invocation/effects.ts';
import { failureOf } from './failing/failure.ts';

export interface CompanionsPlace {
  readonly shard: number;
  readonly shardCount: number;
  /** The shard's own. */
  readonly effects: Effects;
  /** A turn is due. */
  progressed(): void;
}

export class Companions {
  readonly #companions: readonly Companion[];
  readonly #place: CompanionsPlace;
  #reports: MillraceError[] = [];
  #isStopped = false;

  constructor(functions: readonly AnyFunction[], place: CompanionsPlace) {
    const all = functions.map(({ companion }) => companion).filter((companion) => companion !== undefined);
    this.#companions = [...new Set(all)];
    this.#place = place;
  }

  start(): void {
    const { shard, shardCount } = this.#place;
    for (const companion of this.#companions) {
      companion.start({ shard, shardCount, report: (error) => this.#report(error) });
    }
  }

  #report(error: MillraceError): void {
    this.#reports.push(error);
    this.#place.progressed();
  }

  get hasWork(): boolean {
    return this.#reports.length > 0;
  }

  /** Tells the engine's error listeners what was reported. Not while an invocation is under way that may be taken back. */
  work(): number {
    const { length } = this.#reports;
    if (length === 0) return 0;
    const reports = this.#reports;
    this.#reports = [];
    for (const error of reports) {
      this.#place.effects.addForCoordinator(KIND_FAILURE, TYPE_NONE, '', failureOf(error), TYPE_UNKNOWN, '');
    }
    return length;
  }

  /** What all of them say of themselves, in the order of the module's functions. */
  status(): readonly object[] {
    return this.#companions.flatMap((companion) => companion.status());
  }

  /** Ends all of them, also when one fails to end; then it throws what that has thrown. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const ends = await Promise.allSettled(this.#companions.map((companion) => companion.stop()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}
