/**
 * Somebody outside who lets go on what has stumbled: dead letters are sent again, some after they were edited so that they
 * stumble no more, and addresses that were parked go on. What has failed for ever is left alone.
 */
import type { Prng } from '../../src/base/prng.ts';
import type { Coordinator } from '../../src/engine/coordinator.ts';
import { DeadLetters } from '../../src/engine/dead-letters.ts';
import { Parked } from '../../src/engine/parked.ts';
import { ShardDoor } from '../../src/engine/shard-door.ts';
import { WaitingRoom } from '../../src/engine/waiting-room.ts';
import { isAsyncResult } from '../../src/index.ts';
import type { DeadLetter } from '../../src/sdk/dead-letter.ts';
import type { SimulatedClock } from '../../src/testing/simulated-clock.ts';
import { STUMBLED, type TreeMessage } from '../smoke/tree-messages.ts';

/** Where it says so, dead letters are edited, too: then nobody knows how often what has stumbled is tried. */
interface MenderOptions {
  readonly parks: boolean;
  readonly edits: boolean;
}

/** More of them wait for who is parked than may. */
const REFUSED = 'ADDRESS_PARKED';
const LIST_LIMIT = 3;

export class Mender {
  /** Whether an order is under way. */
  isBusy = false;
  /** Whether there was nothing to be mended when nothing could stumble any more. */
  isDone = false;
  readonly #prng: Prng;
  readonly #clock: SimulatedClock;
  readonly #options: MenderOptions;
  #life = 0;

  constructor(prng: Prng, clock: SimulatedClock, options: MenderOptions) {
    this.#prng = prng;
    this.#clock = clock;
    this.#options = options;
  }

  /** An order of a process that died never ends. */
  died(): void {
    this.#life++;
    this.isBusy = false;
  }

  /** Orders something, unless there is an order that is not carried out. `isLast`: nothing else is in flight. */
  step(coordinator: Coordinator, isLast = false): boolean {
    if (this.isBusy || this.isDone) return false;
    this.isBusy = true;
    const door = new ShardDoor(coordinator.requests, new WaitingRoom(), {
      checkRunning() {},
      flush() {},
      now: () => this.#clock.now(),
    });
    const life = this.#life;
    const ended = async (): Promise<void> => {
      const count = await this.#mend(new DeadLetters(door), new Parked(door), isLast);
      if (life !== this.#life) return;
      this.isBusy = false;
      this.isDone = isLast && count === 0;
    };
    void ended();
    return true;
  }

  async #mend(letters: DeadLetters, parked: Parked, isLast: boolean): Promise<number> {
    const { parks, edits } = this.#options;
    let count = parks ? await this.#unpark(parked, isLast) : 0;
    if (edits && this.#prng.chance(0.3)) await letters.edit({ error: STUMBLED }, mended);
    if (!isLast && this.#prng.chance(0.3)) return count + (await this.#redriveSome(letters));
    for (const error of parks ? [STUMBLED, REFUSED] : [STUMBLED]) count += (await letters.redrive({ error })).count;
    return count;
  }

  async #redriveSome(letters: DeadLetters): Promise<number> {
    const ids: string[] = [];
    for await (const { id } of letters.list({ error: STUMBLED, limit: LIST_LIMIT })) ids.push(id);
    return (await letters.redrive(ids)).count;
  }

  async #unpark(parked: Parked, isLast: boolean): Promise<number> {
    if (isLast || this.#prng.chance(0.5)) return await parked.unpark({});
    for await (const { address } of parked.list()) {
      if (this.#prng.chance(0.5)) return await parked.unpark(address);
    }
    return 0;
  }
}

/** A message that stumbles no more. The result of an operation is left as it is. */
function mended({ message }: DeadLetter): unknown {
  return isAsyncResult(message) ? undefined : ({ ...(message as TreeMessage), mended: true } satisfies TreeMessage);
}
