/**
 * Tables and lists as an invocation sees them, in a shard without a disk: its own changes at once, all of them or none
 * when it ends, nothing of another entity, and nothing at all once it is over.
 */
import { describe, expect, test } from 'vitest';
import {
  type Context,
  defineFunction,
  type List,
  list,
  type Table,
  table,
  type TableRange,
  value,
} from '../../../src/index.ts';
import { Stage } from './stage.ts';

const state = {
  count: value({ initial: 0 }),
  items: table<unknown>(),
  hits: table({ initial: 0 }),
  log: list<unknown>(),
  other: list<string>(),
};
type TestContext = Context<typeof state>;
type Work = (ctx: TestContext) => unknown;

const works: Work[] = [];

/** Replies what the work gives. */
const invoke = (ctx: TestContext, work: number): void | Promise<void> => {
  const given = works[work](ctx);
  if (given instanceof Promise) return given.then((answer) => ctx.reply(answer));
  ctx.reply(given);
};
const plain = defineFunction({ type: 'test/plain', state, invoke });
const async = defineFunction({
  type: 'test/async',
  state,
  async invoke(ctx: TestContext, work: number) {
    await invoke(ctx, work);
  },
});

class TableStage extends Stage {
  constructor(development = true) {
    super([plain, async], { development });
  }

  /** What the work gives, when it runs in the entity; the cause, when it fails. */
  async run(type: string, work: Work, id = 'Kim'): Promise<unknown> {
    const asked = this.ask(type, id, works.push(work) - 1);
    await this.play();
    if (asked.error !== undefined) throw asked.error.cause;
    return asked.answer;
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

const expired = expect.objectContaining({ code: 'CONTEXT_EXPIRED' });

describe.each(['test/plain', 'test/async'])('a table in %s', (type) => {
  test('sees its own changes at once, and keeps them', async () => {
    const on = new TableStage();
    const seen = await on.run(type, ({ state: { items } }) => {
      const before = [items.get('a'), items.has('a')];
      items.set('a', { n: 1 });
      items.set('b', null);
      items.set('c', 3);
      items.delete('c');
      items.delete('never there');
      return [before, items.get('a'), items.get('b'), items.has('b'), items.has('c')];
    });
    expect(seen).toEqual([[undefined, false], { n: 1 }, null, true, false]);
    const kept = await on.run(type, ({ state: { items } }) => ['a', 'b', 'c'].map((key) => items.get(key)));
    expect(kept).toEqual([{ n: 1 }, null, undefined]);
    // It holds state, though no values, until the table is cleared.
    expect(on.entityCount).toBe(1);
    await on.run(type, ({ state: { items } }) => items.clear());
    expect(on.entityCount).toBe(0);
  });

  test('leaves nothing behind if the invocation fails', async () => {
    const on = new TableStage();
    await on.run(type, ({ state: { items } }) => items.set('a', 'kept'));
    const failing = on.run(type, ({ state: { items, log } }) => {
      items.set('a', 'lost');
      items.clear();
      items.set('b', 'lost');
      log.append('lost');
      throw new Error('after all that');
    });
    await expect(failing).rejects.toThrow('after all that');
    const kept = await on.run(type, ({ state: { items, log } }) => [items.get('a'), items.has('b'), log.length]);
    expect(kept).toEqual(['kept', false, 0]);
  });

  test('is the own entity’s alone, and each name a table of its own', async () => {
    const on = new TableStage();
    await on.run(type, ({ state: { items } }) => items.set('a', 'of Kim'));
    const others = await on.run(type, ({ state: { items } }) => items.get('a'), 'Ki');
    const ofAnother = await on.run(type === 'test/plain' ? 'test/async' : 'test/plain', (ctx) =>
      ctx.state.items.get('a'),
    );
    expect([others, ofAnother, await on.run(type, (ctx) => ctx.state.hits.get('a'))]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });

  test('an initial value is what a key without entry reads as, and no entry', async () => {
    const on = new TableStage();
    const seen = await on.run(type, ({ state: { hits } }) => {
      hits.set('a', hits.get('a') + 1);
      return [hits.get('a'), hits.get('b'), hits.has('b')];
    });
    expect(seen).toEqual([1, 0, false]);
  });

  test('undefined deletes; what is cleared has no entries, but for those that come afterwards', async () => {
    const on = new TableStage();
    await on.run(type, ({ state: { items, hits } }) => {
      for (const key of ['a', 'b', 'c']) items.set(key, key);
      hits.set('a', 1);
    });
    const seen = await on.run(type, ({ state: { items } }) => {
      items.set('a', undefined);
      const deleted = items.has('a');
      items.clear();
      items.set('b', 'again');
      return [deleted, items.get('a'), items.get('b'), items.get('c')];
    });
    expect(seen).toEqual([false, undefined, 'again', undefined]);
    const kept = await on.run(type, ({ state: { items, hits } }) => [items.get('b'), items.has('c'), hits.get('a')]);
    expect(kept).toEqual(['again', false, 1]);
  });

  test('values are checked, frozen, and what a message may hold', async () => {
    const on = new TableStage();
    await expect(on.run(type, (ctx) => ctx.state.items.set('a', () => {}))).rejects.toMatchObject({
      code: 'MESSAGE_NOT_ENCODABLE',
    });
    const changing = on.run(type, ({ state: { items } }) => {
      items.set('a', { deep: [1] });
      (items.get('a') as { deep: number[] }).deep.push(2);
    });
    await expect(changing).rejects.toThrow(/not extensible/);
  });

  test('keys are well-formed strings of 1 to 1,024 characters', async () => {
    const on = new TableStage();
    const codes = await on.run(type, ({ state: { items } }) =>
      ['', 'x'.repeat(1_025), '\ud800', 7, undefined].flatMap((key) =>
        [() => items.get(key as never), () => items.set(key as never, 1), () => items.delete(key as never)].map(
          (use) => {
            try {
              return use();
            } catch (error) {
              return (error as { code: unknown }).code;
            }
          },
        ),
      ),
    );
    expect(new Set(codes as unknown[])).toEqual(new Set(['INVALID_KEY']));
    const longest = '\u{10ffff}'.repeat(512);
    const kept = await on.run(type, ({ state: { items } }) => (items.set(longest, 1), items.get(longest)));
    expect(kept).toBe(1);
  });

  test('stops working with the invocation, even if another one runs', async () => {
    const on = new TableStage();
    const kept: { items?: Table<unknown>; log?: List<unknown> } = {};
    await on.run(type, ({ state: { items, log } }) => void Object.assign(kept, { items, log }));
    const { items, log } = kept as Required<typeof kept>;
    const uses: (() => unknown)[] = [
      () => items.get('a'),
      () => items.has('a'),
      () => items.set('a', 1),
      () => items.delete('a'),
      () => items.clear(),
      () => items.entries(),
      () => log.length,
      () => log.append(1),
      () => log.appendAll([1]),
      () => log.replaceWith([1]),
      () => [...log.view()],
      () => log.clear(),
    ];
    for (const use of uses) expect(use).toThrow(expired);
    const during = await on.run(type, (ctx) => {
      for (const use of uses) expect(use).toThrow(expired);
      return [ctx.state.items.has('a'), ctx.state.log.length];
    });
    expect(during).toEqual([false, 0]);
  });

  test('cannot be assigned', async () => {
    const on = new TableStage();
    for (const name of ['items', 'log'] as const) {
      const assigning = on.run(type, (ctx) => void ((ctx.state as Record<string, unknown>)[name] = 1));
      await expect(assigning).rejects.toThrow(/cannot be assigned/);
    }
  });
});

describe('going through a table', () => {
  const KEYS = ['a', 'a/1', 'a/2', 'b', 'z', '\u00e9', '\uffee', '\u{10000}'];

  async function filled(): Promise<TableStage> {
    const on = new TableStage();
    await on.run('test/plain', ({ state: { items } }) => {
      for (const key of KEYS.toReversed()) items.set(key, `value of ${key}`);
    });
    return on;
  }

  const keysOf = async (on: TableStage, range?: TableRange): Promise<unknown> =>
    await on.run('test/plain', async ({ state: { items } }) => await collect(items.keys(range)));

  test('is in the order of code points', async () => {
    const on = await filled();
    expect(await keysOf(on)).toEqual(KEYS);
    const all = await on.run('test/plain', async ({ state: { items } }) => [
      await collect(items.entries()),
      await collect(items.values()),
    ]);
    const values = KEYS.map((key) => `value of ${key}`);
    expect(all).toEqual([KEYS.map((key, index) => [key, values[index]]), values]);
  });

  test.each<[TableRange, readonly string[]]>([
    [{ from: 'a/1' }, KEYS.slice(1)],
    [{ before: 'b' }, KEYS.slice(0, 3)],
    [{ from: 'a/2', before: '\u00e9' }, ['a/2', 'b', 'z']],
    [{ prefix: 'a/' }, ['a/1', 'a/2']],
    [{ prefix: 'a', from: 'a/2' }, ['a/2']],
    [{ prefix: 'a/', before: 'a/2', from: '' }, ['a/1']],
    [{ prefix: '\uffee' }, ['\uffee']],
    [{ from: 'b', before: 'a' }, []],
    [{ before: '' }, []],
    [{ limit: 2 }, KEYS.slice(0, 2)],
    [{ limit: 0 }, []],
    [{ from: 'b', limit: 99 }, KEYS.slice(3)],
  ])('gives what is in the range %j', async (range, expected) => {
    expect(await keysOf(await filled(), range)).toEqual(expected);
  });

  test('shows own changes from before, and none from after it began', async () => {
    const on = await filled();
    const seen = await on.run('test/plain', async ({ state: { items } }) => {
      items.delete('a');
      items.set('b', 'changed');
      items.set('c', 'new');
      const keys: string[] = [];
      for await (const [key, found] of items.entries({ before: 'z' })) {
        keys.push(`${key}: ${String(found)}`);
        items.delete('b');
        items.set('d', 'too late');
      }
      return [keys, await collect(items.keys({ before: 'z' }))];
    });
    expect(seen).toEqual([
      ['a/1: value of a/1', 'a/2: value of a/2', 'b: changed', 'c: new'],
      ['a/1', 'a/2', 'c', 'd'],
    ]);
  });

  test('of a table that was cleared shows what came afterwards', async () => {
    const on = await filled();
    const seen = await on.run('test/plain', async ({ state: { items } }) => {
      items.clear();
      items.set('b', 1);
      return await collect(items.entries());
    });
    expect(seen).toEqual([['b', 1]]);
  });

  test('ends with the invocation', async () => {
    const on = await filled();
    let kept: AsyncIterator<string> | undefined;
    await on.run('test/plain', async ({ state: { items } }) => {
      kept = items.keys();
      return (await kept.next()).value;
    });
    await expect(kept?.next()).rejects.toEqual(expired);
  });

  test('refuses what is no range', async () => {
    const on = await filled();
    for (const range of [{ from: 1 }, { prefix: '\udfff' }, { limit: -1 }, { limit: '2' }, { after: 'a' }]) {
      await expect(keysOf(on, range as TableRange), JSON.stringify(range)).rejects.toMatchObject({
        code: 'INVALID_KEY',
      });
    }
  });
});

describe.each(['test/plain', 'test/async'])('a list in %s', (type) => {
  test('is what was appended, in that order', async () => {
    const on = new TableStage();
    const seen = await on.run(type, ({ state: { log } }) => {
      log.append('a');
      log.appendAll([{ n: 1 }, null]);
      log.appendAll([]);
      return [log.length, [...log.view()]];
    });
    expect(seen).toEqual([3, ['a', { n: 1 }, null]]);
    await on.run(type, ({ state: { log } }) => log.append('z'));
    const kept = await on.run(type, ({ state: { log, other } }) => [log.length, [...log.view()], other.length]);
    expect(kept).toEqual([4, ['a', { n: 1 }, null, 'z'], 0]);
  });

  test('is replaced as a whole, also by parts of itself', async () => {
    const on = new TableStage();
    await on.run(type, ({ state: { log } }) => log.appendAll([1, 2, 3, 4]));
    const seen = await on.run(type, ({ state: { log } }) => {
      log.replaceWith([...log.view()].filter((element) => Number(element) % 2 === 0));
      log.appendAll(log.view());
      return [...log.view()];
    });
    expect(seen).toEqual([2, 4, 2, 4]);
    const emptied = await on.run(type, ({ state: { log } }) => (log.replaceWith([]), [log.length, [...log.view()]]));
    expect([emptied, on.entityCount]).toEqual([[0, []], 0]);
  });

  test('that is cleared begins anew', async () => {
    const on = new TableStage();
    await on.run(type, ({ state: { log, other } }) => (log.appendAll([1, 2, 3]), other.append('stays')));
    await on.run(type, (ctx) => (ctx.clear('log'), ctx.state.log.append('new')));
    const kept = await on.run(type, ({ state: { log, other } }) => [[...log.view()], [...other.view()]]);
    expect(kept).toEqual([['new'], ['stays']]);
  });

  test('a view leaves out what is appended meanwhile, and ends where the list is cleared', async () => {
    const on = new TableStage();
    const seen = await on.run(type, ({ state: { log } }) => {
      log.appendAll([1, 2, 3]);
      const doubled: unknown[] = [];
      for (const element of log.view()) {
        doubled.push(element);
        log.append(element);
      }
      const cut: unknown[] = [];
      for (const element of log.view()) {
        cut.push(element);
        if (cut.length === 2) log.clear();
      }
      return [doubled, cut];
    });
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2],
    ]);
  });

  test('appends all or none', async () => {
    const on = new TableStage();
    const seen = await on.run(type, ({ state: { log } }) => {
      log.append('kept');
      const codes = [undefined, () => {}].map((wrong) => {
        try {
          return log.appendAll([1, wrong]);
        } catch (error) {
          return (error as { code: unknown }).code;
        }
      });
      return [codes, [...log.view()]];
    });
    expect(seen).toEqual([['MESSAGE_NOT_ENCODABLE', 'MESSAGE_NOT_ENCODABLE'], ['kept']]);
  });

  test('leaves nothing behind if the invocation fails', async () => {
    const on = new TableStage();
    await on.run(type, ({ state: { log } }) => log.append('kept'));
    const failing = on.run(type, ({ state: { log } }) => {
      log.replaceWith([1, 2]);
      throw new Error('as ordered');
    });
    await expect(failing).rejects.toThrow('as ordered');
    expect(await on.run(type, ({ state: { log } }) => [...log.view()])).toEqual(['kept']);
  });
});

describe.each(['test/plain', 'test/async'])('ctx.delete in %s', (type) => {
  const fill: Work = ({ state: kept }) => {
    kept.count = 7;
    kept.items.set('a', 1);
    kept.hits.set('b', 2);
    kept.log.append(3);
    kept.other.append('4');
  };
  const read: Work = async ({ state: kept }) => [
    kept.count,
    await collect(kept.items.keys()),
    kept.hits.get('b'),
    [...kept.log.view()],
    kept.other.length,
  ];

  test('removes all that the address keeps, and what is written afterwards stays', async () => {
    const on = new TableStage();
    await on.run(type, fill);
    await on.run(type, fill, 'Lee');
    await on.run(type, (ctx) => {
      ctx.state.items.set('before', 1);
      ctx.delete();
      ctx.state.items.set('after', 1);
      ctx.state.log.append('after');
    });
    expect(await on.run(type, read)).toEqual([0, ['after'], 0, ['after'], 0]);
    expect(await on.run(type, read, 'Lee')).toEqual([7, ['a'], 2, [3], 1]);
  });

  test('of an entity that is left with nothing makes it forgotten', async () => {
    const on = new TableStage();
    await on.run(type, fill);
    expect(on.entityCount).toBe(1);
    await on.run(type, (ctx) => ctx.delete());
    expect(on.entityCount).toBe(0);
    expect(await on.run(type, read)).toEqual([0, [], 0, [], 0]);
  });

  test('has not happened if the invocation fails', async () => {
    const on = new TableStage();
    await on.run(type, fill);
    const failing = on.run(type, (ctx) => {
      ctx.delete();
      throw new Error('as ordered');
    });
    await expect(failing).rejects.toThrow('as ordered');
    expect(await on.run(type, read)).toEqual([7, ['a'], 2, [3], 1]);
  });
});

test('clear takes the name of any state', async () => {
  const on = new TableStage();
  await on.run('test/plain', ({ state: kept }) => (kept.items.set('a', 1), kept.log.append(1), (kept.count = 5)));
  await on.run('test/plain', (ctx) => {
    for (const name of Object.keys(ctx.state)) (ctx as Context).clear(name);
  });
  const left = await on.run('test/plain', ({ state: kept }) => [kept.items.has('a'), kept.log.length, kept.count]);
  expect(left).toEqual([false, 0, 0]);
});

test('in production values are taken as they are', async () => {
  const on = new TableStage(false);
  const kept = { n: 1 };
  await on.run('test/plain', ({ state: { items } }) => items.set('a', kept));
  expect(Object.isFrozen(kept)).toBe(false);
});
