/**
 * Turns off, and on again, all that the engine counts and times of messages in this thread. The engine has no such switch,
 * since nobody should need one: here the methods that count and time look at one first.
 */
import { OutsideLatencies } from '../../src/engine/outside-latencies.ts';
import { Meter } from '../../src/shard/meter.ts';

/** Takes `true` or `false`, on the shard that its id lives on. */
export const METERING = 'bench/metering';

let isMetering = true;

export function setMetering(isOn: boolean): void {
  isMetering = isOn;
}

/** Before anything of that is in use. Returns what puts everything back. */
export function installSwitch(): () => void {
  const { began, tookMore } = Meter.prototype;
  const { since } = OutsideLatencies.prototype;
  Meter.prototype.began = function (index, sourceType, meta) {
    return isMetering ? began.call(this, index, sourceType, meta) : 0;
  };
  Meter.prototype.tookMore = function (index, count) {
    if (isMetering) tookMore.call(this, index, count);
  };
  OutsideLatencies.prototype.since = function () {
    return isMetering ? since.call(this) : undefined;
  };
  return () => {
    Object.assign(Meter.prototype, { began, tookMore });
    Object.assign(OutsideLatencies.prototype, { since });
  };
}
