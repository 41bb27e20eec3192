import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type AnyStateSpec, type AsyncResult, type Context, isAsyncResult, value } from '../../../src/index.ts';
import type { BatchEffects } from '../../../src/statefun/protocol.ts';
import { encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import { caseModule, KIM, LOU, message, read, serve, UNSET } from '../../conformance/statefun/endpoint-functions.ts';
import { jsonType } from '../../../src/statefun/types.ts';

type Work = (ctx: Context<Record<string, AnyStateSpec>>) => void | Promise<void>;

const NEVER_ENDS = new Promise<never>(() => {});

function module(...works: readonly Work[]): ReturnType<typeof caseModule> {
  return caseModule((ctx, index) => works[Number(index)](ctx));
}

/** The response to a batch of the works, each in a message of its own. */
async function doing(...works: readonly Work[]): Promise<BatchEffects> {
  const on = serve(module(...works), { limits: { operationMs: 50 } });
  const response = await on.ask(KIM, UNSET, ...works.map((_, index) => message(String(index), LOU)));
  if (typeof response === 'number') throw on.events[0].error;
  return response as BatchEffects;
}

const contents = ({ messages }: BatchEffects): unknown[] => messages.map(({ argument }) => read(argument));

test('what comes of an operation is a message of the address to itself, behind what the batch has sent', async () => {
  const effects = await doing(
    (ctx) => {
      ctx.async({ order: 7 }, sleep(5, new Map([['paid', 1n]])));
      ctx.state['seen'] = 'begun';
    },
    (ctx) => ctx.send(LOU.type, LOU.id, 'meanwhile'),
  );
  const result: AsyncResult<unknown> = {
    kind: 'async',
    status: 'success',
    metadata: { order: 7 },
    value: new Map([['paid', 1n]]),
  };
  expect(effects.messages.map(({ target }) => target)).toEqual([LOU, KIM]);
  expect(contents(effects)).toEqual(['meanwhile', result]);
  expect(isAsyncResult(contents(effects)[1])).toBe(true);
  expect(effects.mutations.map(({ name }) => name)).toEqual(['seen']);
});

test('several come in the order in which they have ended, a failure with what it says', async () => {
  const effects = await doing(async (ctx) => {
    ctx.async('late', () => sleep(20));
    ctx.async('thrown', () => {
      throw new TypeError('no');
    });
    ctx.async('no message', () => () => 1);
    await sleep(1);
    ctx.async('rejected', Promise.reject(Object.assign(new Error('gone'), { code: 'E_GONE' })));
  });
  const results = contents(effects) as AsyncResult<string>[];
  expect(results.at(-1)).toMatchObject({ metadata: 'late', status: 'success', value: undefined });
  expect(results.slice(0, -1).toSorted((one, other) => one.metadata.localeCompare(other.metadata))).toMatchObject([
    { metadata: 'no message', status: 'failure', error: { code: 'MESSAGE_NOT_ENCODABLE' } },
    { metadata: 'rejected', status: 'failure', error: { name: 'Error', message: 'gone', code: 'E_GONE' } },
    { metadata: 'thrown', status: 'failure', error: { name: 'TypeError', message: 'no' } },
  ]);
});

test('what has not ended in time is unknown, and the batch is over', async () => {
  const effects = await doing((ctx) => {
    ctx.async('stuck', NEVER_ENDS);
    ctx.async('stuck later', () => NEVER_ENDS);
    ctx.async('quick', () => 1);
  });
  expect(contents(effects)).toEqual([
    { kind: 'async', status: 'success', metadata: 'quick', value: 1 },
    { kind: 'async', status: 'unknown', metadata: 'stuck' },
    { kind: 'async', status: 'unknown', metadata: 'stuck later' },
  ]);
});

test('metadata is copied when it is given, and refused there if it cannot be a message', async () => {
  const effects = await doing((ctx) => {
    const metadata = { count: 1 };
    ctx.async(metadata, () => 1);
    metadata.count = 2;
  });
  expect(contents(effects)).toMatchObject([{ metadata: { count: 1 } }]);
  await expect(doing((ctx) => ctx.async(Symbol.iterator, 1 as never))).rejects.toThrow(
    expect.objectContaining({ code: 'MESSAGE_NOT_ENCODABLE' }),
  );
});

test('a result goes as it is, whatever rule there is for messages to the function', async () => {
  const on = serve(
    module((ctx) => ctx.async('why', () => 1)),
    { sends: { 'case/fn': jsonType('case/Json') } },
  );
  const effects = (await on.ask(KIM, UNSET, message('0'))) as BatchEffects;
  expect(contents(effects)).toMatchObject([{ metadata: 'why', status: 'success' }]);
});

describe('a batch that fails', () => {
  test('begins no functions, and does not hear of what was under way', async () => {
    let begun = 0;
    const failing: Work = async () => {
      await sleep(5);
      throw new Error('wrong');
    };
    const on = serve(
      module((ctx) => {
        ctx.async('function', () => begun++);
        ctx.async('promise', Promise.reject(new Error('also wrong')));
      }, failing),
    );
    expect(await on.ask(KIM, UNSET, message('0'), message('1'))).toBe(500);
    expect(begun).toBe(0);
    expect(on.events).toMatchObject([{ error: { message: 'wrong' } }]);
  });

  test('since a state cannot be written begins none either', async () => {
    let begun = 0;
    const type = {
      typename: 'case/Broken',
      serialize: () => {
        throw new Error('cannot');
      },
      deserialize: () => 1,
    };
    const work: Work = (ctx) => {
      ctx.state['seen'] = 1;
      ctx.async('function', () => begun++);
    };
    const on = serve(
      caseModule((ctx) => work(ctx), { seen: value() }),
      { states: { 'case/fn': { seen: type } } },
    );
    expect(await on.ask(KIM, [{ name: 'seen', value: undefined }], message('0'))).toBe(500);
    expect(begun).toBe(0);
  });
});

test('whoever asked and goes is not waited for', async () => {
  const on = serve(module((ctx) => ctx.async('stuck', NEVER_ENDS)));
  const gone = new AbortController();
  const request = encodeRequest({ target: KIM, states: UNSET, invocations: [message('0')] });
  const response = on.handler.handleBytes(request, gone.signal);
  gone.abort();
  expect((await response).status).toBe(500);
  expect(on.events).toMatchObject([{ error: { code: 'CALLER_GONE' } }]);
});
