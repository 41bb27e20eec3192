/** The signal: everybody who waits is let go at the next raise, and nobody who begins to wait afterwards. */
import { expect, test } from 'vitest';
import { Signal } from '../../../src/base/signal.ts';

test('lets all who wait go at once', async () => {
  const signal = new Signal();
  const gone: string[] = [];
  const waiters = ['first', 'second'].map((name) => signal.next().then(() => gone.push(name)));
  expect(signal.isAwaited).toBe(true);
  signal.raise();
  expect(signal.isAwaited).toBe(false);
  await Promise.all(waiters);
  expect(gone).toEqual(['first', 'second']);
});

test('is not remembered: who comes later waits for the next', async () => {
  const signal = new Signal();
  signal.raise();
  let isGone = false;
  const waiter = signal.next().then(() => {
    isGone = true;
  });
  await Promise.resolve();
  expect(isGone).toBe(false);
  signal.raise();
  await waiter;
  expect(isGone).toBe(true);
});

test('one who waits again while being let go waits for the next raise', async () => {
  const signal = new Signal();
  const again = signal.next().then(() => signal.next());
  signal.raise();
  await Promise.resolve();
  await Promise.resolve();
  expect(signal.isAwaited).toBe(true);
  signal.raise();
  await again;
});
