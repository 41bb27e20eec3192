/**
 * The doorbell as a system for the explorer: the real Doorbell, its owner that sleeps when it finds nothing to do, and
 * one or more producers. A lost wake-up is an owner that sleeps for ever beside a message, so it shows up as a state
 * in which no thread can go on. Nobody times out, unless the scenario says so: a time limit would hide the loss.
 */
import type { EventLoop } from '../../src/base/timers.ts';
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../../src/ring/doorbell.ts';
import type { System } from './explorer.ts';
import type { Program } from './stepped-thread.ts';

export interface DoorbellScenario {
  readonly producerCount: number;
  /** Messages from each producer. */
  readonly messageCount: number;
  readonly park: 'park' | 'parkAsync';
  /** How often the owner may be woken by its own time limit; after that it sleeps without one. */
  readonly timeoutCount: number;
  /** How often its own event loop wakes it; only with `parkAsync`. */
  readonly ownWakeCount?: number;
}

/** What the two sides do; the controls replace one of them. */
export interface DoorbellProtocol {
  readonly send: (publish: () => void, bell: Doorbell) => void;
  /** `isShort`: the sleep has a time limit. */
  readonly rest: (
    hasInput: () => boolean,
    bell: Doorbell,
    park: () => void | Promise<void>,
    isShort?: boolean,
  ) => void | Promise<void>;
  readonly bell: (words: Int32Array, index: number, loop: EventLoop) => Doorbell;
}

export const REAL_PROTOCOL: DoorbellProtocol = {
  send: (publish, bell) => {
    publish();
    bell.ring();
  },
  rest: (hasInput, bell, park) => {
    bell.declareParked();
    return hasInput() ? bell.rise() : park();
  },
  bell: (words, index, loop) => new Doorbell(words, index, loop),
};

/** The owner naps as long as its sleep is short, and producers do not end a nap. */
export const NAP_PROTOCOL: DoorbellProtocol = {
  ...REAL_PROTOCOL,
  send: (publish, bell) => {
    publish();
    bell.ringUnhurried();
  },
  rest: (hasInput, bell, park, isShort) => {
    if (isShort === true) bell.declareNapping();
    else bell.declareParked();
    return hasInput() ? bell.rise() : park();
  },
};

/** The same with producers that are in a hurry. */
export const INTERRUPTED_NAP_PROTOCOL: DoorbellProtocol = { ...NAP_PROTOCOL, send: REAL_PROTOCOL.send };

const BELL_INDEX = 1;
const BELL_WORD = BELL_INDEX * DOORBELL_STRIDE_WORDS;

export function doorbellSystem(scenario: DoorbellScenario, protocol = REAL_PROTOCOL): System {
  const { producerCount } = scenario;
  const producers = Array.from({ length: producerCount }, (_, index) => ({
    name: `producer ${index}`,
    program: sender(index, scenario, protocol),
  }));
  const words = [BELL_WORD, ...producers.map((_producer, index) => index)];
  return {
    buffer: new SharedArrayBuffer((BELL_WORD + 1) * 4),
    shape: { atomics: new Map(words.map((word) => [word * 4, 0])), plain: { start: 0, end: 0 }, races: false },
    threads: [{ name: 'owner', program: owner(scenario, protocol) }, ...producers],
  };
}

/** Counts its messages up in an inbox word of its own. */
function sender(index: number, { messageCount }: DoorbellScenario, protocol: DoorbellProtocol): Program {
  return (thread) => {
    const words = new Int32Array(thread.buffer);
    const bell = protocol.bell(words, BELL_INDEX, thread.loop);
    for (let count = 1; count <= messageCount; count++) {
      protocol.send(() => void Atomics.store(words, index, count), bell);
    }
  };
}

function owner(scenario: DoorbellScenario, protocol: DoorbellProtocol): Program {
  return async (thread) => {
    const words = new Int32Array(thread.buffer);
    const bell = protocol.bell(words, BELL_INDEX, thread.loop);
    const inboxes = new Inboxes(words, scenario.producerCount);
    let ownWakeCount = scenario.ownWakeCount ?? 0;
    const sleep = (timeoutMs: number): void | Promise<void> => {
      if (scenario.park === 'park') return bell.park(timeoutMs);
      const slept = bell.parkAsync(timeoutMs);
      if (ownWakeCount-- > 0) bell.wake();
      return thread.loopUntil(slept);
    };
    for (let restCount = 0; ; ) {
      if (inboxes.takeAll() > 0) continue;
      if (inboxes.takenCount === scenario.producerCount * scenario.messageCount) return;
      const timeoutMs = restCount++ < scenario.timeoutCount ? 1 : Number.POSITIVE_INFINITY;
      await protocol.rest(
        () => inboxes.hasMore,
        bell,
        () => sleep(timeoutMs),
        timeoutMs !== Number.POSITIVE_INFINITY,
      );
    }
  };
}

/** What the owner has to look at: one word per producer, as with rings. */
class Inboxes {
  readonly #words: Int32Array;
  readonly #taken: number[];
  takenCount = 0;

  constructor(words: Int32Array, count: number) {
    this.#words = words;
    this.#taken = new Array<number>(count).fill(0);
  }

  get hasMore(): boolean {
    return this.#taken.some((taken, index) => Atomics.load(this.#words, index) !== taken);
  }

  takeAll(): number {
    const before = this.takenCount;
    for (const [index, taken] of this.#taken.entries()) {
      const count = Atomics.load(this.#words, index);
      this.takenCount += count - taken;
      this.#taken[index] = count;
    }
    return this.takenCount - before;
  }
}
