/**
 * The explorer under test: the classic small programs whose outcomes everybody knows. It must find every outcome that
 * JavaScript allows, none that it forbids, and visit exactly as many states as there are.
 */
import { expect, test } from 'vitest';
import { explore, type System } from './explorer.ts';
import { Violation } from './operation.ts';
import type { Program, SteppedThread } from './stepped-thread.ts';

const PLAIN = 256;
const WORD_COUNT = 4;

test('all interleavings of independent steps', async () => {
  const counter = (index: number): Program => {
    return (thread) => {
      for (let value = 1; value <= 3; value++) Atomics.store(atomics(thread), index, value);
    };
  };
  const verdict = await explore(system([counter(0), counter(1)]));
  expect(verdict).toEqual({ stateCount: 4 * 4, stepCount: 2 * 3 * 4, violation: undefined });
});

const mayFail = (isSeen: boolean): void => {
  if (isSeen) throw new Violation('reached');
};

test.each([
  { payload: 'after an atomic flag', flag: 'atomic', isPossible: false },
  { payload: 'after a plain flag', flag: 'plain', isPossible: true },
])('a stale payload $payload', async ({ flag, isPossible }) => {
  const writer: Program = (thread) => {
    words(thread)[0] = 1;
    if (flag === 'atomic') Atomics.store(atomics(thread), 0, 1);
    else words(thread)[1] = 1;
  };
  const reader: Program = (thread) => {
    const isRaised = (flag === 'atomic' ? Atomics.load(atomics(thread), 0) : words(thread)[1]) === 1;
    mayFail(isRaised && words(thread)[0] === 0);
  };
  expect(await isSeen([writer, reader])).toBe(isPossible);
});

test.each([
  { kind: 'atomic', isPossible: false },
  { kind: 'plain', isPossible: true },
])('two $kind stores that both come after the loads behind them', async ({ kind, isPossible }) => {
  const side = (own: number, other: number): Program => {
    return (thread) => {
      const array = kind === 'atomic' ? atomics(thread) : words(thread);
      if (kind === 'atomic') Atomics.store(array, own, 1);
      else array[own] = 1;
      const seen = kind === 'atomic' ? Atomics.load(array, other) : array[other];
      Atomics.store(atomics(thread), own + 2, 1 + seen);
      if (own === 1) return;
      thread.awaitChange(3 * 4);
      mayFail(seen === 0 && Atomics.load(atomics(thread), 3) === 1);
    };
  };
  expect(await isSeen([side(0, 1), side(1, 0)], [2, 3])).toBe(isPossible);
});

test('stores to one word arrive in order', async () => {
  const writer: Program = (thread) => {
    for (let value = 1; value <= 2; value++) words(thread)[0] = value;
  };
  const reader: Program = (thread) => {
    const before = words(thread)[0];
    mayFail(before > words(thread)[0]);
  };
  expect(await isSeen([writer, reader])).toBe(false);
});

test('bytes of one word arrive in any order', async () => {
  const writer: Program = (thread) => {
    for (let index = 0; index < 4; index++) bytes(thread)[index] = index + 1;
  };
  for (const value of [0, 0x04030201, 0x01, 0x0200, 0x04000001, 0x030200]) {
    const reader: Program = (thread) => mayFail(words(thread)[0] === value);
    expect(await isSeen([writer, reader]), value.toString(16)).toBe(true);
  }
});

test('a thread sees its own stores at once', async () => {
  const writer: Program = (thread) => {
    words(thread)[0] = 0x11223344;
    bytes(thread)[1] = 0xff;
    mayFail(words(thread)[0] !== 0x1122ff44 || bytes(thread)[0] !== 0x44);
  };
  expect(await isSeen([writer])).toBe(false);
});

test('a data race is found though no wrong value is ever seen', async () => {
  const writer: Program = (thread) => {
    words(thread)[0] = 0;
  };
  const { violation } = await explore(system([writer, (thread) => void words(thread)[0]]));
  expect(violation?.what).toContain('a data race');
});

test('reuse of a word is a race unless the reader has given it back', async () => {
  const reader: Program = (thread) => {
    void words(thread)[0];
    Atomics.store(atomics(thread), 0, 1);
  };
  const waits: Program = (thread) => {
    thread.awaitChange(0);
    Atomics.load(atomics(thread), 0);
    words(thread)[0] = 1;
  };
  expect((await explore(system([reader, waits]))).violation).toBeUndefined();
  const hastens: Program = (thread) => {
    words(thread)[0] = 1;
  };
  expect((await explore(system([reader, hastens]))).violation?.what).toContain('a data race');
});

test('two threads that wait for each other', async () => {
  const waiter: Program = (thread) => thread.awaitChange(0);
  const { violation } = await explore(system([waiter, waiter]));
  expect(violation).toEqual({ what: expect.stringContaining('no thread can go on') as string, trace: ['start'] });
});

test('sleep and notification, and a number of sleepers', async () => {
  const sleeper: Program = (thread) => {
    mayFail(Atomics.wait(atomics(thread), 0, 0) === 'timed-out');
  };
  const waker: Program = (thread) => {
    Atomics.store(atomics(thread), 0, 1);
    mayFail(Atomics.notify(atomics(thread), 0) === 2);
  };
  expect(await isSeen([sleeper, waker])).toBe(false);
  expect(await isSeen([sleeper, sleeper, waker])).toBe(true);
});

test('an access outside is a violation', async () => {
  const { violation } = await explore(system([(thread) => void (words(thread)[WORD_COUNT] = 1)]));
  expect(violation?.what).toContain('outside the shared memory');
});

test('Atomics are themselves again afterwards', async () => {
  const before = globalThis.Atomics;
  await isSeen([() => {}]);
  expect(globalThis.Atomics).toBe(before);
});

/** Whether some interleaving reaches the outcome, by its values alone. */
async function isSeen(programs: readonly Program[], atomicWords: readonly number[] = []): Promise<boolean> {
  const { violation } = await explore(system(programs, false, atomicWords));
  if (violation !== undefined && !violation.what.includes('reached')) throw new Error(violation.what);
  return violation !== undefined;
}

function system(programs: readonly Program[], races = true, atomicWords: readonly number[] = []): System {
  const all = [0, 1, ...atomicWords];
  return {
    buffer: new SharedArrayBuffer(PLAIN + 64),
    shape: {
      atomics: new Map(all.map((word) => [word * 4, 0])),
      plain: { start: PLAIN, end: PLAIN + WORD_COUNT * 4 },
      races,
    },
    threads: programs.map((program, index) => ({ name: `thread ${index}`, program })),
  };
}

function atomics(thread: SteppedThread): Int32Array {
  return new Int32Array(thread.buffer);
}

function words(thread: SteppedThread): Int32Array {
  return thread.plainView(new Int32Array(thread.buffer, PLAIN));
}

function bytes(thread: SteppedThread): Uint8Array {
  return thread.plainView(new Uint8Array(thread.buffer, PLAIN));
}
