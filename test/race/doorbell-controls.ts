/**
 * Doorbells that are wrong on purpose: each loses a wake-up in some interleaving, and the explorer must find which.
 */
import { Doorbell } from '../../src/ring/doorbell.ts';
import { type DoorbellProtocol, REAL_PROTOCOL } from './doorbell-model.ts';

export interface DoorbellControl {
  readonly mistake: string;
  readonly protocol: DoorbellProtocol;
}

class TurnsTheBellWithoutSounding extends Doorbell {
  override ring(): void {
    this.rise();
  }
}

/** Parks on whatever the word holds, so that a bell that was rung in between is not heard. */
class ParksUnlooked extends Doorbell {
  override park(timeoutMs: number): void {
    this.declareParked();
    super.park(timeoutMs);
  }

  override async parkAsync(timeoutMs: number): Promise<void> {
    this.declareParked();
    await super.parkAsync(timeoutMs);
  }
}

export const DOORBELL_CONTROLS: readonly DoorbellControl[] = [
  {
    mistake: 'the owner looks at its inputs before it declares itself parked',
    protocol: {
      ...REAL_PROTOCOL,
      rest: (hasInput, bell, park) => {
        if (hasInput()) return undefined;
        bell.declareParked();
        return park();
      },
    },
  },
  {
    mistake: 'the owner does not look again',
    protocol: {
      ...REAL_PROTOCOL,
      rest: (_hasInput, bell, park) => {
        bell.declareParked();
        return park();
      },
    },
  },
  {
    mistake: 'the producer rings before it publishes',
    protocol: {
      ...REAL_PROTOCOL,
      send: (publish, bell) => {
        bell.ring();
        publish();
      },
    },
  },
  {
    mistake: 'the producer wakes nobody',
    protocol: { ...REAL_PROTOCOL, bell: (words, index, loop) => new TurnsTheBellWithoutSounding(words, index, loop) },
  },
  {
    mistake: 'the owner goes to sleep although it was rung',
    protocol: { ...REAL_PROTOCOL, bell: (words, index, loop) => new ParksUnlooked(words, index, loop) },
  },
];
