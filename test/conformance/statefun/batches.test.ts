/** What goes into one request, and what becomes of it when the call fails. */
import { expect, test } from 'vitest';
import { MillraceError } from '../../../src/sdk/errors.ts';
import type { BatchRequest, BatchResponse } from '../../../src/statefun/protocol.ts';
import { RemoteStage, RESULTS, TYPE } from './remote-stage.ts';
import { declared, effects, program, textOf, typed } from './scripted-endpoint.ts';

interface Call {
  readonly request: BatchRequest;
  end(response?: BatchResponse): void;
  fail(): void;
}

class HeldStage extends RemoteStage {
  readonly calls: Call[] = [];

  constructor(options: ConstructorParameters<typeof RemoteStage>[1] = {}) {
    super(async (request) => {
      const { promise, resolve, reject } = Promise.withResolvers<BatchResponse>();
      this.calls.push({
        request,
        end: (response = effects()) => resolve(response),
        fail: () => reject(new Error('out of reach')),
      });
      return await promise;
    }, options);
  }

  /** Ends the oldest call. */
  async next(how: 'end' | 'fail' = 'end'): Promise<string[]> {
    const call = this.calls.shift();
    call?.[how]();
    await this.play();
    return textsOf(call?.request);
  }
}

function textsOf(request: BatchRequest | undefined): string[] {
  return request?.invocations.map(({ argument }) => textOf(argument) ?? '') ?? [];
}

test('#15 messages that come during a slow call go with the next request, all of them, in order', async () => {
  const on = new HeldStage();
  for (let number = 0; number < 6; number++) {
    await on.tell(typed(String(number)));
    expect(on.calls.length).toBe(1);
  }
  expect(await on.next()).toEqual(['0']);
  expect(on.calls.length).toBe(1);
  await on.tell(typed('6'));
  expect(await on.next()).toEqual(['1', '2', '3', '4', '5']);
  expect(await on.next()).toEqual(['6']);
  expect(on.engine.coordinator.isQuiescent).toBe(true);
});

test('#16 calls for 100 addresses are under way together, each in its order', async () => {
  const on = new HeldStage();
  for (let round = 0; round < 3; round++) {
    for (let id = 0; id < 100; id++) on.send(TYPE, `id-${id}`, typed(`${id} ${round}`));
  }
  await on.play();
  expect(on.calls.length).toBe(100);
  const seen = new Map<string, string[]>();
  while (on.calls.length > 0) {
    const { id } = on.calls[0].request.target;
    seen.set(id, [...(seen.get(id) ?? []), ...(await on.next())]);
  }
  for (let id = 0; id < 100; id++) expect(seen.get(`id-${id}`)).toEqual([0, 1, 2].map((round) => `${id} ${round}`));
});

test('#15 messages to one address travel together where its endpoint has as much under way as it may, too', async () => {
  const on = new HeldStage({ concurrency: 2 });
  for (let round = 0; round < 20; round++) {
    for (let id = 0; id < 10; id++) on.send(TYPE, `id-${id}`, typed(`${id} ${round}`));
  }
  await on.play();
  const seen = new Map<string, string[]>();
  let requestCount = 0;
  while (on.calls.length > 0) {
    expect(on.calls.length).toBeLessThanOrEqual(2);
    const { id } = on.calls[0].request.target;
    seen.set(id, [...(seen.get(id) ?? []), ...(await on.next())]);
    requestCount++;
  }
  for (let id = 0; id < 10; id++) {
    expect(seen.get(`id-${id}`)).toEqual(Array.from({ length: 20 }, (_, round) => `${id} ${round}`));
  }
  // The first of an address may go alone.
  expect(requestCount).toBeLessThanOrEqual(20);
  expect(on.engine.coordinator.isQuiescent).toBe(true);
});

test('#16 no more calls are under way than the endpoint allows, for all functions that share it', async () => {
  const on = new HeldStage({ concurrency: 3 });
  for (const type of [TYPE, 'other/one', 'other/two']) for (const id of ['a', 'b']) on.send(type, id, typed('go'));
  await on.play();
  let count = 0;
  while (on.calls.length > 0) {
    expect(on.calls.length).toBeLessThanOrEqual(3);
    count += (await on.next()).length;
  }
  expect(count).toBe(6);
});

test('#17 a request takes so many along; the rest is held back at its senders and lost by nobody', async () => {
  const on = new HeldStage({ batchCountMax: 10 });
  for (let number = 0; number < 3_000; number++) on.send(TYPE, 'Kim', typed(String(number)));
  await on.play();
  const { input } = on.engine.coordinator;
  expect([input.flooded.count, on.engine.shards[0].chargedCount < 20]).toEqual([1, true]);
  on.send(TYPE, 'Lou', typed('other'));
  await on.play();
  expect(textsOf(on.calls.at(-1)?.request)).toEqual(['other']);
  const seen: string[] = [];
  while (on.calls.length > 0) {
    expect(on.calls[0].request.invocations.length).toBeLessThanOrEqual(10);
    seen.push(...(await on.next()));
  }
  expect(seen.filter((text) => text !== 'other')).toEqual(Array.from({ length: 3_000 }, (_, number) => String(number)));
  expect([input.flooded.count, on.engine.shards[0].backlogCount]).toEqual([0, 0]);
});

test('#17 a request is not much longer than some MiB', async () => {
  const on = new HeldStage();
  for (let number = 0; number < 40; number++) {
    on.send(TYPE, 'Kim', { typename: 'test/bytes', value: new Uint8Array(1 << 18) });
    await on.play();
  }
  await on.next();
  const { length } = on.calls[0].request.invocations;
  expect([length >= 16, length <= 32]).toEqual([true, true]);
});

test('#24 a call that fails for good: the messages of its batch are tried one by one, as the policy says', async () => {
  const on = new HeldStage({ failure: { attempts: 2, backoff: { initialMs: 1, jitter: 0 } } });
  await on.tell(typed('first'));
  for (const text of ['a', 'bad', 'c']) await on.tell(typed(text));
  await on.next();
  expect(await on.next('fail')).toEqual(['a', 'bad', 'c']);
  expect([on.errors, on.engine.shards[0].backlogCount]).toEqual([[], 3]);
  expect(await on.next()).toEqual(['a']);
  expect(await on.next('fail')).toEqual(['bad']);
  await on.tell(typed('d'));
  await on.pass(1);
  expect(await on.next('fail')).toEqual(['bad']);
  expect(on.errors.map(({ code }) => code)).toEqual(['INVOCATION_FAILED']);
  expect(await on.next()).toEqual(['c']);
  expect(await on.next()).toEqual(['d']);
  expect(on.deadLetters().map(({ attempts }) => attempts)).toEqual([2]);
});

test('#24 an invocation that takes longer than its deadline calls the request off', async () => {
  let reason: unknown;
  const on = new RemoteStage(
    async (_, signal) =>
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(signal.reason as Error);
        });
      }),
    { deadline: 100 },
  );
  await on.tell(typed('first'));
  await on.pass(100);
  expect(reason).toMatchObject({ code: 'INVOCATION_OVERDUE' });
  expect(on.deadLetters().map(({ error }) => error.code)).toEqual(['INVOCATION_OVERDUE']);
});

test('a batch of which one message makes the response wrong takes no other with it', async () => {
  const on = new RemoteStage((request) => {
    const egresses = request.invocations.map(({ argument }) => ({ egress: RESULTS, argument }));
    const isBad = request.invocations.some(({ argument }) => textOf(argument) === 'bad');
    return effects({ egresses, mutations: isBad ? [{ name: 'ghost', value: undefined }] : [] });
  });
  for (const text of ['a', 'b', 'bad', 'c', 'd']) on.send(TYPE, 'Kim', typed(text));
  await on.play();
  expect(on.told()).toEqual(['a', 'b', 'c', 'd']);
  expect(on.deadLetters().length).toBe(1);
});

test('#15 a batch whose response is too long is divided until it is not, and happens as one', async () => {
  const collect = program([declared('all')], (view, { argument }) => {
    const text = textOf(argument) ?? '';
    view.set('all', `${view.get('all') ?? ''}${text}`);
    view.egress(RESULTS, `${text} of ${view.get('all')}`);
  });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const sizes: number[] = [];
  const on = new RemoteStage(async (request) => {
    await gate;
    sizes.push(request.invocations.length);
    if (request.invocations.length <= 2) return collect(request);
    throw new MillraceError('REMOTE_CALL_FAILED', 'too long', { details: { isTooMuch: true } });
  });
  for (const text of 'abcdefgh') await on.tell(typed(text));
  open();
  await on.play();
  await on.play();
  expect(on.told()).toEqual(Array.from('abcdefgh', (text, at) => `${text} of ${'abcdefgh'.slice(0, at + 1)}`));
  // What waited behind the first one: seven, then four, then two and two; then three, then two and one.
  expect(sizes).toEqual([1, 1, 7, 4, 2, 2, 3, 2, 1]);
  expect(on.errors).toEqual([]);
});

test('#15 a batch from which too much follows is taken message by message, and what is too much by itself fails', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const sizes: number[] = [];
  const on = new RemoteStage(async ({ invocations }) => {
    await gate;
    sizes.push(invocations.length);
    const texts = invocations.flatMap(({ argument }) => (textOf(argument) ?? '').split(''));
    return effects({ egresses: texts.map((text) => ({ egress: RESULTS, argument: typed(text) })) });
  });
  on.endpoint.effectCountMax = 3;
  for (const text of ['a', 'bb', 'ccc', 'dddd', 'e', 'f']) await on.tell(typed(text));
  open();
  for (let turn = 0; turn < 4; turn++) await on.play();
  expect(on.told().join('')).toBe('abbcccef');
  expect(sizes).toEqual([1, 5, 1, 1, 1, 1, 1]);
  expect(on.deadLetters().map(({ error }) => error.code)).toEqual(['REMOTE_RESPONSE_REFUSED']);
});

test('#15 a message whose own response is too long fails alone', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const on = new RemoteStage(async ({ invocations }) => {
    await gate;
    const texts = invocations.map(({ argument }) => textOf(argument));
    if (!texts.includes('c'))
      return effects({ egresses: texts.map((text) => ({ egress: RESULTS, argument: typed(text ?? '') })) });
    throw new MillraceError('REMOTE_CALL_FAILED', 'too long', { details: { isTooMuch: true } });
  });
  for (const text of 'abcde') await on.tell(typed(text));
  open();
  for (let turn = 0; turn < 4; turn++) await on.play();
  expect(on.told()).toEqual(['a', 'b', 'd', 'e']);
  expect(on.deadLetters().length).toBe(1);
});
