/**
 * How a thread sleeps whose event loop goes on: what wakes it, and that the wait which is left standing loses nothing.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { AsyncRest } from '../../../src/ring/async-rest.ts';
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../../../src/ring/doorbell.ts';

/** Long enough that a test which needs it to pass would be seen to hang. */
const LONG_MS = 600_000;
const PARKED = 1;

interface Stage {
  readonly words: Int32Array;
  readonly bell: Doorbell;
  readonly rest: AsyncRest;
  /** Whether the sleep that was begun last is over. */
  isAwake: boolean;
}

function stage(): Stage {
  const words = new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_WORDS * 4));
  const bell = new Doorbell(words, 0);
  return { words, bell, rest: new AsyncRest(bell), isAwake: true };
}

function sleep(on: Stage, timeoutMs = LONG_MS): Promise<void> {
  on.bell.declareParked();
  on.isAwake = false;
  return on.rest.sleep(timeoutMs).then(() => {
    on.isAwake = true;
  });
}

test('whoever rings wakes the sleeper, who is awake then', async () => {
  const on = stage();
  const slept = sleep(on);
  await turn();
  expect([on.isAwake, on.words[0]]).toEqual([false, PARKED]);
  on.bell.ring();
  await slept;
  expect(on.words[0]).toBe(0);
});

test('a ring between the declaration and the sleep is heard', async () => {
  const on = stage();
  on.bell.declareParked();
  on.bell.ring();
  await on.rest.sleep(LONG_MS);
  expect(on.words[0]).toBe(0);
});

test('the time may be up, at once if there is none', async () => {
  const on = stage();
  await sleep(on, 0);
  await sleep(on, 1);
  expect([on.isAwake, on.words[0]]).toEqual([true, 0]);
});

test('its own thread wakes it without ringing, after all that ends in the same round of the event loop', async () => {
  const notify = vi.spyOn(Atomics, 'notify');
  onTestFinished(() => void vi.restoreAllMocks());
  const on = stage();
  const slept = sleep(on);
  const seen: boolean[] = [];
  const end = (): void => {
    on.rest.wake();
    queueMicrotask(() => seen.push(on.isAwake));
  };
  // Timers that are due together, each with microtasks of its own.
  for (let count = 0; count < 5; count++) setTimeout(end, 1);
  await slept;
  expect(seen).toEqual([false, false, false, false, false]);
  expect([on.words[0], notify.mock.calls.length]).toEqual([0, 0]);
});

test('nobody is woken who does not sleep', async () => {
  const on = stage();
  on.rest.wake();
  await turn();
  const slept = sleep(on);
  await turn();
  await turn();
  expect(on.isAwake).toBe(false);
  on.bell.ring();
  await slept;
});

test('the wait that is left standing serves the next sleeps', async () => {
  const waits = vi.spyOn(Atomics, 'waitAsync');
  onTestFinished(() => void vi.restoreAllMocks());
  const on = stage();
  for (let round = 0; round < 5; round++) {
    const slept = sleep(on);
    on.rest.wake();
    await slept;
  }
  expect(waits).toHaveBeenCalledTimes(1);
  const slept = sleep(on);
  on.bell.ring();
  await slept;
  // That has ended it; the next sleep makes another.
  const last = sleep(on);
  expect(waits).toHaveBeenCalledTimes(2);
  on.bell.ring();
  await last;
});

test('a ring that was for an earlier sleep wakes the one that is under way, and no ring is lost', async () => {
  const on = stage();
  const first = sleep(on);
  on.rest.wake();
  on.bell.ring();
  await first;
  // The ring may still be on its way. Whether it is or not, the next one is heard.
  for (let round = 0; round < 20; round++) {
    const slept = sleep(on);
    on.bell.ring();
    await slept;
    expect(on.words[0]).toBe(0);
  }
});
