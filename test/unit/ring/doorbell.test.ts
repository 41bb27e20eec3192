/**
 * The doorbell, on its own and between real threads. That it loses no wake-up is shown by the model checker
 * (`test/race/`); here stands what each call does, and that a sleeping thread does wake.
 */
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../../../src/ring/doorbell.ts';

/** Long enough that a test which needs it to pass would be seen to hang. */
const LONG_MS = 600_000;

function bellWords(count = 1): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * DOORBELL_STRIDE_WORDS * 4));
}

async function millisecondsOf(body: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

test('bells of different threads lie on different pairs of cache lines', () => {
  const words = bellWords(3);
  new Doorbell(words, 2).declareParked();
  expect(words.findIndex((word) => word !== 0)).toBe(2 * DOORBELL_STRIDE_WORDS);
  expect(DOORBELL_STRIDE_WORDS * 4).toBeGreaterThanOrEqual(128);
});

describe('ringing', () => {
  test('a thread that is awake costs one load and wakes nobody', () => {
    const notify = vi.spyOn(Atomics, 'notify');
    const exchange = vi.spyOn(Atomics, 'compareExchange');
    onTestFinished(() => void vi.restoreAllMocks());
    new Doorbell(bellWords(), 0).ring();
    expect(notify).not.toHaveBeenCalled();
    expect(exchange).not.toHaveBeenCalled();
  });

  test('a parked thread sounds once, however many ring', () => {
    const notify = vi.spyOn(Atomics, 'notify');
    onTestFinished(() => void vi.restoreAllMocks());
    const words = bellWords();
    new Doorbell(words, 0).declareParked();
    for (let producer = 0; producer < 3; producer++) new Doorbell(words, 0).ring();
    expect(notify).toHaveBeenCalledTimes(1);
  });

  test('after a rise is not heard: there is nobody to wake', () => {
    const words = bellWords();
    const bell = new Doorbell(words, 0);
    bell.declareParked();
    bell.rise();
    expect([...words].every((word) => word === 0)).toBe(true);
  });
});

describe.each(['park', 'parkAsync'] as const)('%s', (park) => {
  test('returns at once when it was rung since it was declared', async () => {
    const bell = new Doorbell(bellWords(), 0);
    bell.declareParked();
    bell.ring();
    expect(await millisecondsOf(() => bell[park](LONG_MS))).toBeLessThan(LONG_MS / 2);
  });

  test('returns when the time is up, and is awake then', async () => {
    const words = bellWords();
    const bell = new Doorbell(words, 0);
    bell.declareParked();
    expect(await millisecondsOf(() => bell[park](20))).toBeGreaterThan(10);
    expect(words[0]).toBe(0);
  });

  test('can be done again and again', async () => {
    const bell = new Doorbell(bellWords(), 0);
    const rounds = async (): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        bell.declareParked();
        bell.ring();
        await bell[park](LONG_MS);
      }
    };
    expect(await millisecondsOf(rounds)).toBeLessThan(LONG_MS / 2);
  });

  test('is woken by another thread', async () => {
    const words = bellWords();
    const bell = new Doorbell(words, 0);
    const ringer = startRinger(words.buffer as SharedArrayBuffer);
    bell.declareParked();
    expect(await millisecondsOf(() => bell[park](LONG_MS))).toBeLessThan(LONG_MS / 2);
    expect(words[0]).toBe(0);
    await ringer;
  });
});

test('parkAsync lets the event loop go on', async () => {
  const bell = new Doorbell(bellWords(), 0);
  bell.declareParked();
  const rung = bell.parkAsync(LONG_MS);
  setTimeout(() => bell.ring(), 5);
  expect(await millisecondsOf(() => rung)).toBeLessThan(LONG_MS / 2);
});

describe('a thread that its own event loop wakes', () => {
  async function sleepAndWake(bell: Doorbell): Promise<void> {
    bell.declareParked();
    const slept = bell.parkAsync(LONG_MS);
    bell.wake();
    await slept;
  }

  test('is awake then, and nobody was notified', async () => {
    const notify = vi.spyOn(Atomics, 'notify');
    onTestFinished(() => void vi.restoreAllMocks());
    const words = bellWords();
    await sleepAndWake(new Doorbell(words, 0));
    expect(words[0]).toBe(0);
    expect(notify).not.toHaveBeenCalled();
  });

  test('waits for the others once, however often it sleeps, and hears them', async () => {
    const waitAsync = vi.spyOn(Atomics, 'waitAsync');
    onTestFinished(() => void vi.restoreAllMocks());
    const words = bellWords();
    const bell = new Doorbell(words, 0);
    for (let round = 0; round < 3; round++) await sleepAndWake(bell);
    expect(waitAsync).toHaveBeenCalledTimes(1);
    bell.declareParked();
    const slept = bell.parkAsync(LONG_MS);
    const ringer = startRinger(words.buffer as SharedArrayBuffer);
    expect(await millisecondsOf(() => slept)).toBeLessThan(LONG_MS / 2);
    await ringer;
  });

  test('does not sleep if it was rung since it said that it would', async () => {
    const bell = new Doorbell(bellWords(), 0);
    await sleepAndWake(bell);
    bell.declareParked();
    bell.ring();
    expect(await millisecondsOf(() => bell.parkAsync(LONG_MS))).toBeLessThan(LONG_MS / 2);
  });

  test('sleeps no longer than it wants, whatever it wanted before', async () => {
    const bell = new Doorbell(bellWords(), 0);
    await sleepAndWake(bell);
    bell.declareParked();
    expect(await millisecondsOf(() => bell.parkAsync(20))).toBeLessThan(LONG_MS / 2);
  });

  test('is woken only while it sleeps', async () => {
    const bell = new Doorbell(bellWords(), 0);
    await sleepAndWake(bell);
    bell.wake();
    bell.declareParked();
    const slept = bell.parkAsync(LONG_MS);
    let isAwake = false;
    void slept.then(() => (isAwake = true));
    await turn();
    expect(isAwake).toBe(false);
    bell.wake();
    await slept;
  });
});

test('what ends in one round of the event loop wakes its thread once, after all of it', async () => {
  const bell = new Doorbell(bellWords(), 0);
  bell.declareParked();
  let isAwake = false;
  const slept = bell.parkAsync(LONG_MS).then(() => (isAwake = true));
  const seen: boolean[] = [];
  const end = (): void => {
    bell.wake();
    queueMicrotask(() => seen.push(isAwake));
  };
  // Timers that are due together, each with microtasks of its own.
  for (let count = 0; count < 5; count++) setTimeout(end, 1);
  await slept;
  expect(seen).toEqual([false, false, false, false, false]);
});

test('a ring that was for an earlier sleep wakes the one that is under way, and none is lost', async () => {
  const words = bellWords();
  const bell = new Doorbell(words, 0);
  bell.declareParked();
  const first = bell.parkAsync(LONG_MS);
  bell.wake();
  bell.ring();
  await first;
  // The ring may still be on its way. Whether it is or not, the next one is heard.
  for (let round = 0; round < 20; round++) {
    bell.declareParked();
    const slept = bell.parkAsync(LONG_MS);
    bell.ring();
    await slept;
    expect(words[0]).toBe(0);
  }
});

test('who has less time than timers know goes round the event loop, and waits for nobody', async () => {
  const waitAsync = vi.spyOn(Atomics, 'waitAsync');
  onTestFinished(() => void vi.restoreAllMocks());
  const words = bellWords();
  const bell = new Doorbell(words, 0);
  bell.declareParked();
  await bell.parkAsync(0.1);
  expect(words[0]).toBe(0);
  expect(waitAsync).not.toHaveBeenCalled();
});

test('closing ends the wait that would be left standing', async () => {
  const waitAsync = vi.spyOn(Atomics, 'waitAsync');
  onTestFinished(() => void vi.restoreAllMocks());
  const bell = new Doorbell(bellWords(), 0);
  bell.close();
  bell.declareParked();
  const slept = bell.parkAsync(LONG_MS);
  bell.wake();
  await slept;
  bell.close();
  expect(await waitAsync.mock.results[0].value.value).toBe('ok');
});

describe('a nap', () => {
  test('is not ended by what can wait', async () => {
    const notify = vi.spyOn(Atomics, 'notify');
    onTestFinished(() => void vi.restoreAllMocks());
    const words = bellWords();
    const bell = new Doorbell(words, 0);
    bell.declareNapping();
    const slept = bell.parkAsync(1);
    new Doorbell(words, 0).ringUnhurried();
    expect(notify).not.toHaveBeenCalled();
    await slept;
    expect(words[0]).toBe(0);
  });

  test('is ended by a ring', async () => {
    const words = bellWords();
    const bell = new Doorbell(words, 0);
    bell.declareNapping();
    const slept = bell.parkAsync(LONG_MS);
    new Doorbell(words, 0).ring();
    expect(await millisecondsOf(() => slept)).toBeLessThan(LONG_MS / 2);
  });

  test('is none for who is parked: it hears both', async () => {
    const words = bellWords();
    const bell = new Doorbell(words, 0);
    bell.declareParked();
    const slept = bell.parkAsync(LONG_MS);
    new Doorbell(words, 0).ringUnhurried();
    expect(await millisecondsOf(() => slept)).toBeLessThan(LONG_MS / 2);
  });
});

/** A thread that rings bell 0 until somebody has heard it. */
async function startRinger(shared: SharedArrayBuffer): Promise<void> {
  const source = `
    const { workerData } = require('node:worker_threads');
    import(workerData.doorbell).then(({ Doorbell }) => {
      const words = new Int32Array(workerData.shared);
      while (Atomics.load(words, 0) === 0);
      new Doorbell(words, 0).ring();
    });`;
  const doorbell = new URL('../../../src/ring/doorbell.ts', import.meta.url).href;
  const worker = new Worker(source, { eval: true, workerData: { shared, doorbell } });
  const [code] = (await once(worker, 'exit')) as [number];
  expect(code).toBe(0);
}
