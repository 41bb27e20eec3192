/**
 * Turns off, and on again, all that the engine counts and times of messages in this thread. The engine has no such
 * switch, since nobody should need one. Here one stands where an invocation asks what samples it, and is asked in its
 * place whether or not anything is metered:
 *
 * ```
 *                                    ┌ on     the engine's own
 *   invocation ──picks──▶ switch ────┼ alike  one of the same kind, of a class of its own
 *                                    └ off    nothing
 * ```
 *
 * So it takes the same in all positions, and nothing that is compiled has to be compiled anew for another one, once all
 * of them have been used. `alike` shows what of a difference is the switch's.
 */
import { OutsideLatencies } from '../../src/engine/outside-latencies.ts';
import { Sampling } from '../../src/metrics/sampling.ts';
import { Meter } from '../../src/shard/meter.ts';

/** Takes a position, on the shard that its id lives on. */
export const METERING = 'bench/metering';
export type Position = 'on' | 'alike' | 'off';

/** As in the engine. */
const TIMED_GAP = 256;

/** What an invocation asks of its sampling. */
type Asked = Pick<Sampling, 'picks' | 'skip'>;

class AlikeSampling extends Sampling {}

class NoSampling implements Asked {
  picks(): boolean {
    return false;
  }
  skip(): void {}
}

class SwitchedSampling implements Asked {
  readonly #positions: Readonly<Record<Position, Asked>>;
  #asked: Asked;

  constructor(on: Sampling) {
    this.#positions = { on, alike: new AlikeSampling(true, TIMED_GAP), off: new NoSampling() };
    this.#asked = on;
  }

  turn(position: Position): void {
    this.#asked = this.#positions[position];
  }

  picks(): boolean {
    return this.#asked.picks();
  }

  skip(count: number): void {
    this.#asked.skip(count);
  }
}

const switches: SwitchedSampling[] = [];
let isMetering = true;

export function setMetering(position: Position): void {
  isMetering = position !== 'off';
  for (const each of switches) each.turn(position);
}

/** Before anything of that is in use. Returns what puts everything back. */
export function installSwitch(): () => void {
  const { sampling } = Meter.prototype;
  const { since } = OutsideLatencies.prototype;
  Meter.prototype.sampling = function (index) {
    const switched = new SwitchedSampling(sampling.call(this, index));
    switches.push(switched);
    // Invocations ask it for nothing else.
    return switched as Asked as Sampling;
  };
  // Asked for messages from outside only, which are few here.
  OutsideLatencies.prototype.since = function () {
    return isMetering ? since.call(this) : undefined;
  };
  return () => {
    Object.assign(Meter.prototype, { sampling });
    Object.assign(OutsideLatencies.prototype, { since });
    switches.length = 0;
  };
}
