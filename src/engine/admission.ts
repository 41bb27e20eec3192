/**
 * Whether input may be taken: while the shards have credit to give (I7), and no egress has too many records that nobody
 * takes; and for one target only, while it is not flooded. Who must wait is told when it may be worth asking again.
 */
import { Signal } from '../base/signal.ts';
import type { EgressLedger } from '../io/egress-ledger.ts';
import { FloodedTargets } from './flooded-targets.ts';
import type { ShardLink } from './shard-link.ts';

export class Admission {
  readonly flooded: FloodedTargets;
  /** How often those who waited were told, modulo 2^32. */
  openedCount = 0;
  readonly #ledgers: readonly EgressLedger[];
  readonly #egressCountMax: number;
  readonly #egressCrowded: (type: string) => void;
  readonly #opened = new Signal();
  #link: ShardLink;

  /** `egressCrowded` is called when it is an egress that holds input back. */
  constructor(
    link: ShardLink,
    ledgers: readonly EgressLedger[],
    egressCountMax: number,
    egressCrowded: (type: string) => void,
  ) {
    this.#link = link;
    this.flooded = new FloodedTargets(link.shardCount);
    this.#ledgers = ledgers;
    this.#egressCountMax = egressCountMax;
    this.#egressCrowded = egressCrowded;
  }

  /** Undefined when input may be taken now, else resolves when it may be worth asking again. */
  ask(): Promise<void> | undefined {
    if (this.#isOpen()) return undefined;
    this.#link.setWaiting(true);
    // A shard that gave credit before it saw us waiting has not rung.
    if (this.#isOpen()) {
      this.#link.setWaiting(false);
      return undefined;
    }
    return this.#opened.next();
  }

  /** The same for whoever has just sent to this target. */
  askFor(type: number, id: string): Promise<void> | undefined {
    return this.flooded.ask(type, id) ?? this.ask();
  }

  /** Whether those who wait can be told. */
  get canOpen(): boolean {
    return this.#opened.isAwaited && this.#isOpen();
  }

  open(): void {
    this.openedCount = (this.openedCount + 1) | 0;
    this.#link.setWaiting(false);
    this.#opened.raise();
  }

  /** Other shards have taken the place of these. */
  moveTo(link: ShardLink): void {
    this.#link = link;
    this.flooded.forget();
    if (this.#opened.isAwaited) link.setWaiting(true);
  }

  #isOpen(): boolean {
    for (const ledger of this.#ledgers) {
      if (!ledger.isCrowded(this.#egressCountMax)) continue;
      this.#egressCrowded(ledger.type);
      return false;
    }
    return this.#link.isOpen;
  }
}
