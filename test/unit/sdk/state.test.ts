/**
 * State as a function uses it through its Context: cleared by name, and copied as a whole; in place and on the side.
 */
import { describe, expect, test } from 'vitest';
import { type Context, defineFunction, value } from '../../../src/index.ts';
import { Stage } from '../shard/stage.ts';

const specs = {
  count: value({ initial: 7 }),
  note: value<string>(),
  tags: value<readonly string[]>({ initial: ['new'] }),
  more: value<number>(),
};
type Names = keyof typeof specs;
type Order =
  | { readonly do: 'set'; readonly count: number; readonly note: string; readonly more: number }
  | { readonly do: 'copy' | 'clear, set, throw' }
  | { readonly do: 'clear' | 'set and clear'; readonly name: Names };

const kept: { context?: Context<typeof specs> } = {};

function obey(ctx: Context<typeof specs>, order: Order): void {
  kept.context = ctx;
  switch (order.do) {
    case 'set':
      ctx.state.count = order.count;
      ctx.state.note = order.note;
      ctx.state.more = order.more;
      break;
    case 'copy':
      return ctx.reply({ ...ctx.state });
    case 'clear':
      ctx.clear(order.name);
      break;
    case 'set and clear':
      ctx.state.more = 100;
      ctx.clear(order.name);
      break;
    case 'clear, set, throw':
      ctx.clear('count');
      ctx.clear('note');
      ctx.state.note = 'never';
      throw new Error('on purpose');
  }
  ctx.reply(Object.entries(ctx.state));
}

const functions = [
  defineFunction({ type: 'test/sync', state: specs, invoke: obey }),
  defineFunction({
    type: 'test/async',
    state: specs,
    async invoke(ctx, order: Order) {
      await Promise.resolve();
      obey(ctx, order);
    },
  }),
  // Not declared async, so it begins in place and is moved.
  defineFunction({
    type: 'test/late',
    state: specs,
    invoke: (ctx, order: Order) => Promise.resolve().then(() => obey(ctx, order)),
  }),
];

describe.each(['test/sync', 'test/async', 'test/late'])('%s', (type) => {
  const INITIAL = { count: 7, note: undefined, tags: ['new'], more: undefined };
  const WRITTEN = { count: 1, note: 'two', tags: ['new'], more: 3 };

  async function answer(stage: Stage, order: unknown): Promise<unknown> {
    const asked = stage.ask(type, 'Kim', order);
    await stage.play();
    if (asked.error !== undefined) throw asked.error;
    return asked.answer;
  }

  async function written(): Promise<Stage> {
    const stage = new Stage(functions);
    await answer(stage, { do: 'set', count: 1, note: 'two', more: 3 });
    return stage;
  }

  test('a copy has every declared state, with initial values before the first write', async () => {
    const stage = new Stage(functions);
    expect(await answer(stage, { do: 'copy' })).toStrictEqual(INITIAL);
    expect(await answer(stage, { do: 'set', count: 1, note: 'two', more: 3 })).toEqual(Object.entries(WRITTEN));
    expect(await answer(stage, { do: 'copy' })).toStrictEqual(WRITTEN);
  });

  test('a cleared value reads as before the first write, at once and from then on', async () => {
    const stage = await written();
    const noCount = { ...WRITTEN, count: 7 };
    expect(await answer(stage, { do: 'clear', name: 'count' })).toEqual(Object.entries(noCount));
    expect(await answer(stage, { do: 'clear', name: 'note' })).toEqual(Object.entries({ ...noCount, note: undefined }));
    expect(await answer(stage, { do: 'copy' })).toStrictEqual({ ...noCount, note: undefined });
  });

  test('clearing what was just written leaves nothing of it', async () => {
    const stage = await written();
    await answer(stage, { do: 'set and clear', name: 'more' });
    expect(await answer(stage, { do: 'copy' })).toStrictEqual({ ...WRITTEN, more: undefined });
  });

  test('if the invocation throws, nothing was cleared', async () => {
    const stage = await written();
    await expect(answer(stage, { do: 'clear, set, throw' })).rejects.toThrow('on purpose');
    expect(await answer(stage, { do: 'copy' })).toStrictEqual(WRITTEN);
  });

  test('an entity whose values are all cleared is forgotten', async () => {
    const stage = await written();
    expect(stage.entityCount).toBe(1);
    for (const name of ['count', 'note', 'more'] as const) {
      expect(stage.entityCount).toBe(1);
      await answer(stage, { do: 'clear', name });
    }
    expect(stage.entityCount).toBe(0);
    expect(await answer(stage, { do: 'copy' })).toStrictEqual(INITIAL);
  });

  test('a name that was not declared is refused, and the invocation fails', async () => {
    const stage = await written();
    for (const name of ['total', '', '__proto__', 'toString', undefined]) {
      const failed = answer(stage, { do: 'set and clear', name });
      await expect(failed).rejects.toMatchObject({
        code: 'INVOCATION_FAILED',
        message: expect.stringMatching(/declares no state /) as string,
      });
    }
    expect(await answer(stage, { do: 'copy' })).toStrictEqual(WRITTEN);
  });

  test('after the invocation nothing can be cleared or copied', async () => {
    const stage = await written();
    const { context } = kept;
    expect(() => context?.clear('count')).toThrow(expect.objectContaining({ code: 'CONTEXT_EXPIRED' }));
    expect(() => ({ ...context?.state })).toThrow(expect.objectContaining({ code: 'CONTEXT_EXPIRED' }));
    expect(await answer(stage, { do: 'copy' })).toStrictEqual(WRITTEN);
  });
});
