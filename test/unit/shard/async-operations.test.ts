/**
 * `ctx.async`: an operation that is not waited for comes back as one message to the address itself, whatever becomes of
 * it, and an invocation that fails has begun nothing (I5).
 */
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Address, type AsyncResult, type Context, defineFunction, isAsyncResult } from '../../../src/index.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import type { SingleThreadOptions } from '../../../src/testing/single-thread.ts';
import { results, Stage } from './stage.ts';

type Work = (ctx: Context) => void | Promise<void>;

const works: Work[] = [];
const invoke = (ctx: Context, message: number | AsyncResult<unknown>): void | Promise<void> => {
  if (!isAsyncResult(message)) return works[message](ctx);
  ctx.egress(results, { caller: ctx.caller, message });
};
const plain = defineFunction({ type: 'test/plain', invoke });
const async = defineFunction({
  type: 'test/async',
  async invoke(ctx: Context, message: number | AsyncResult<unknown>) {
    await invoke(ctx, message);
  },
});
const TYPES = ['test/plain', 'test/async'];

interface Told {
  readonly caller: Address;
  readonly message: AsyncResult<unknown>;
}

/** Plays one invocation; what it began ends when the test says so. */
async function played(type: string, run: Work, options: Partial<SingleThreadOptions> = {}): Promise<Stage> {
  const on = new Stage([plain, async], options);
  on.send(type, 'Kim', works.push(run) - 1);
  await on.play();
  return on;
}

function told(on: Stage): Told[] {
  return on.records() as Told[];
}

test.each(TYPES)('%s: the invocation returns at once, and the result comes from the address itself', async (type) => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const on = await played(type, (ctx) => ctx.async({ order: 7 }, promise));
  expect(told(on)).toEqual([]);
  expect(on.engine.coordinator.isQuiescent, 'its message is in flight from now on').toBe(false);
  on.send(type, 'Kim', works.push((ctx) => ctx.egress(results, 'meanwhile')) - 1);
  await on.play();
  expect(on.records(), 'the address is not busy').toEqual(['meanwhile']);
  resolve(42);
  await on.play();
  const message = { kind: 'async', status: 'success', metadata: { order: 7 }, value: 42 };
  expect(told(on)).toEqual([{ caller: { type, id: 'Kim' }, message }]);
  expect(on.engine.coordinator.isQuiescent).toBe(true);
});

test.each(TYPES)('%s: a rejection is a failure that says why', async (type) => {
  const on = await played(type, (ctx) => {
    ctx.async('a', Promise.reject(Object.assign(new TypeError('no such host'), { code: 'ENOTFOUND' })));
    ctx.async('b', () => {
      throw new Error('at once');
    });
  });
  const messages = told(on).map(({ message }) => message);
  expect(messages.toSorted((a, b) => (String(a.metadata) < String(b.metadata) ? -1 : 1))).toMatchObject([
    { metadata: 'a', status: 'failure', error: { name: 'TypeError', message: 'no such host', code: 'ENOTFOUND' } },
    { metadata: 'b', status: 'failure', error: { name: 'Error', message: 'at once' } },
  ]);
});

test.each(TYPES)(
  '%s: an invocation that fails has begun nothing, and the outcome of its promise is ignored',
  async (type) => {
    let isBegun = false;
    const { promise, reject } = Promise.withResolvers<void>();
    const on = await played(type, (ctx) => {
      ctx.async(1, promise);
      ctx.async(2, () => (isBegun = true));
      throw new Error('as ordered');
    });
    reject(new Error('unheard'));
    await on.play();
    expect(isBegun).toBe(false);
    expect(told(on)).toEqual([]);
    expect(on.errors.map(({ code }) => code)).toEqual(['INVOCATION_FAILED']);
    expect(on.engine.coordinator.isQuiescent).toBe(true);
  },
);

test('an operation that ends before its async invocation does is told of after it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const on = await played('test/async', async (ctx) => {
    ctx.async('early', Promise.resolve('value'));
    await promise;
    ctx.egress(results, 'returned');
  });
  expect(on.records()).toEqual([]);
  resolve();
  await on.play();
  expect(on.records()).toMatchObject(['returned', { message: { metadata: 'early', value: 'value' } }]);
});

test('a function is begun after the invocation has returned, when its Context no longer works', async () => {
  const order: string[] = [];
  const on = await played('test/plain', (ctx) => {
    ctx.async('begun', () => {
      order.push('begun');
      ctx.now();
    });
    order.push('returned');
  });
  expect(order).toEqual(['returned', 'begun']);
  expect(told(on)[0].message).toMatchObject({ status: 'failure', error: { code: 'CONTEXT_EXPIRED' } });
});

test('a value that cannot be a message is a failure that says so', async () => {
  const on = await played('test/plain', (ctx) => ctx.async('x', Promise.resolve({ deep: [() => {}] })));
  const { message } = told(on)[0];
  expect(message).toMatchObject({ status: 'failure', error: { code: 'MESSAGE_NOT_ENCODABLE' } });
});

test('a failure leaves out what does not fit beside its metadata', async () => {
  const messageBytesMax = 1 << 16;
  const metadata = 'm'.repeat(messageBytesMax - 200);
  const long = Object.assign(new Error('e'.repeat(1000)), { stack: 's'.repeat(8000) });
  const on = await played('test/plain', (ctx) => ctx.async(metadata, Promise.reject(long)), { messageBytesMax });
  const { message } = told(on)[0];
  expect(message).toMatchObject({ status: 'failure', metadata, error: { code: 'MESSAGE_TOO_LARGE' } });
});

test('metadata that cannot be a message is refused where it is given', async () => {
  const on = await played('test/plain', (ctx) => ctx.async(() => {}, Promise.resolve(1)));
  expect(on.errors[0]?.cause).toMatchObject({ code: 'MESSAGE_NOT_ENCODABLE' });
  const large = await played('test/plain', (ctx) => ctx.async('m'.repeat(1 << 16), Promise.resolve(1)), {
    messageBytesMax: 1 << 16,
  });
  expect(large.errors[0]?.cause).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  expect(large.engine.coordinator.isQuiescent).toBe(true);
});

test.each([
  ['its metadata cannot be a message', 0],
  ['its invocation was given up meanwhile', 500],
])('a promise that is refused, since %s, may reject and nobody notices', async (_, waitedMs) => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listener);
  onTestFinished(() => void process.off('unhandledRejection', listener));
  const clock = new SimulatedClock();
  const { promise: later, resolve: goOn } = Promise.withResolvers<void>();
  const refused: unknown[] = [];
  const late = defineFunction({
    type: 'test/late',
    deadline: 100,
    async invoke(ctx: Context) {
      if (waitedMs > 0) await later;
      try {
        ctx.async(waitedMs > 0 ? 1 : () => {}, Promise.reject(new Error('unheard')));
      } catch (error) {
        refused.push((error as { readonly code: string }).code);
      }
    },
  });
  const on = new Stage([late], { clock });
  on.send('test/late', 'Kim');
  await on.play();
  for (let ms = 0; ms < waitedMs; ms += 100) {
    clock.advance(100);
    await on.play();
  }
  goOn();
  await on.play();
  // Node says so when all that was promised in this round has gone on.
  await setImmediate();
  expect(refused).toEqual([waitedMs > 0 ? 'CONTEXT_EXPIRED' : 'MESSAGE_NOT_ENCODABLE']);
  expect(unhandled).toEqual([]);
});

test('metadata is as it was when it was given (I11)', async () => {
  const metadata = { n: 1 };
  const { promise, resolve } = Promise.withResolvers<void>();
  const on = await played('test/plain', (ctx) => {
    ctx.async(metadata, promise);
    metadata.n = 2;
  });
  resolve();
  await on.play();
  expect(told(on)[0].message.metadata).toEqual({ n: 1 });
});

test('only results of operations are taken for such', () => {
  expect(isAsyncResult({ kind: 'async', status: 'unknown', metadata: undefined })).toBe(true);
  const others = [undefined, null, 'async', 1, {}, { kind: 'async' }, { kind: 'async', status: 'success' }];
  expect(others.map((other) => isAsyncResult(other))).toEqual(others.map(() => false));
  expect(isAsyncResult({ kind: 'async', status: 'open', metadata: 1 })).toBe(false);
});
