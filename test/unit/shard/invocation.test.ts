/**
 * One invocation, in all the ways in which it can go: all of its effects or none (I5), one at a time per address (I4),
 * a Context that works as long as the invocation and no longer, and entities that are kept only as long as they hold
 * something.
 */
import { describe, expect, test } from 'vitest';
import { type Context, defineFunction, functionType, value } from '../../../src/index.ts';
import { type Gate, gate, results, Stage } from './stage.ts';

const state = { a: value<unknown>(), b: value({ initial: 'initial b' }), c: value<unknown>() };
type TestContext = Context<typeof state>;
type Work = (ctx: TestContext) => void | Promise<void>;

/** A function that runs whatever the test gives it, by number, since functions are no messages. */
const works: Work[] = [];
const invoke = (ctx: TestContext, work: number): void | Promise<void> => works[work](ctx);
const plain = defineFunction({ type: 'test/plain', state, invoke });
const async = defineFunction({
  type: 'test/async',
  state,
  async invoke(ctx: TestContext, work: number) {
    await invoke(ctx, work);
  },
});
const sink = defineFunction({ type: 'test/sink', invoke: (ctx, message) => ctx.egress(results, message) });

const TYPES = ['test/plain', 'test/async'];

function work(run: Work): number {
  return works.push(run) - 1;
}

function stage(): Stage {
  return new Stage([plain, async, sink]);
}

/** What the entity's state reads as, by asking it. */
async function stateOf(on: Stage, type: string, id = 'Kim'): Promise<unknown> {
  const read = work((ctx) => ctx.reply([ctx.state.a, ctx.state.b, ctx.state.c]));
  const asked = on.ask(type, id, read);
  await on.play();
  return asked.answer;
}

const BLANK = [undefined, 'initial b', undefined];

describe.each(TYPES)('%s', (type) => {
  test('an invocation sees what it wrote, and all of it stays', async () => {
    const on = stage();
    const asked = on.ask(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.a = 1;
        ctx.state.a = { n: 2 };
        ctx.state.c = ctx.state.a;
        ctx.send(sink, 'Lee', 'sent');
        ctx.egress(results, 'told');
        ctx.reply([ctx.state.a, ctx.state.b]);
      }),
    );
    await on.play();
    expect(asked.answer).toEqual([{ n: 2 }, 'initial b']);
    expect(await stateOf(on, type)).toEqual([{ n: 2 }, 'initial b', { n: 2 }]);
    expect(new Set(on.records())).toEqual(new Set(['sent', 'told']));
  });

  test('an invocation that throws leaves nothing behind, on a new entity and on one that had state', async () => {
    const on = stage();
    const failing = work((ctx) => {
      ctx.state.a = 'never';
      ctx.state.b = undefined as never;
      ctx.state.a = 'never ever';
      ctx.state.c = 'never';
      ctx.send(sink, 'Lee', 'never');
      ctx.egress(results, 'never');
      throw new Error('after all that');
    });
    const asked = on.ask(type, 'Kim', failing);
    await on.play();
    expect(asked).toMatchObject({ error: { code: 'INVOCATION_FAILED', cause: { message: 'after all that' } } });
    expect(on.entityCount).toBe(0);
    expect(await stateOf(on, type)).toEqual(BLANK);
    on.send(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.a = 'kept';
        ctx.state.b = 'kept b';
      }),
    );
    on.send(type, 'Kim', failing);
    await on.play();
    expect(await stateOf(on, type)).toEqual(['kept', 'kept b', undefined]);
    expect(on.records()).toEqual([]);
    expect(on.errors.map(({ code }) => code)).toEqual(['INVOCATION_FAILED']);
  });

  test('an entity that holds nothing is forgotten, and reads as new', async () => {
    const on = stage();
    on.send(
      type,
      'Kim',
      work(() => {}),
    );
    await on.play();
    expect(on.entityCount).toBe(0);
    on.send(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.a = 1;
        ctx.state.c = 2;
        ctx.state.b = 'other';
      }),
    );
    await on.play();
    expect(on.entityCount).toBe(1);
    on.send(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.a = undefined;
        ctx.state.b = undefined as never;
      }),
    );
    await on.play();
    expect(on.entityCount).toBe(1);
    expect(await stateOf(on, type)).toEqual([undefined, 'initial b', 2]);
    on.send(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.c = undefined;
      }),
    );
    await on.play();
    expect(on.entityCount).toBe(0);
    expect(await stateOf(on, type)).toEqual(BLANK);
  });

  test('values are frozen in development, and refused if they cannot be stored', async () => {
    const on = stage();
    for (const [wrong, message] of [
      [() => {}, /a function/],
      [Symbol('s'), /Symbol\(s\)/],
      [{ deep: [new Date(), new Error('x')] }, /an instance of Error \(at \.deep\[1\]\)/],
    ] as const) {
      const asked = on.ask(
        type,
        'Kim',
        work((ctx) => {
          ctx.state.a = wrong;
        }),
      );
      await on.play();
      expect(asked.error).toMatchObject({ cause: { code: 'MESSAGE_NOT_ENCODABLE' } });
      expect(asked.error?.message).toMatch(message);
    }
    const list = [1];
    const asked = on.ask(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.a = list;
        list.push(2);
      }),
    );
    await on.play();
    expect(asked.error).toMatchObject({ cause: { name: 'TypeError' } });
    expect(await stateOf(on, type)).toEqual(BLANK);
  });

  test('a message is taken when it is sent', async () => {
    const on = stage();
    on.send(
      type,
      'Kim',
      work((ctx) => {
        const message = { list: [1] };
        ctx.send(sink, 'Lee', message);
        ctx.egress(results, message);
        message.list.push(2);
      }),
    );
    await on.play();
    expect(on.records()).toEqual([{ list: [1] }, { list: [1] }]);
  });

  test('the context stops working with the invocation', async () => {
    const on = stage();
    let kept: TestContext | undefined;
    on.send(
      type,
      'Kim',
      work((ctx) => {
        kept = ctx;
      }),
    );
    await on.play();
    const ctx = kept as TestContext;
    for (const use of [
      () => ctx.self,
      () => ctx.caller,
      () => ctx.now(),
      () => ctx.random(),
      () => ctx.state.a,
      () => (ctx.state.a = 1),
      () => ctx.send(sink, 'Lee', 1),
      () => ctx.reply(1),
      () => ctx.egress(results, 1),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'CONTEXT_EXPIRED' }));
    }
    await on.play();
    expect([on.records(), on.entityCount]).toEqual([[], 0]);
  });

  test('the caller is whoever sent the message: nobody, an asker, another entity, the entity itself', async () => {
    const on = stage();
    const tell = work((ctx) => ctx.egress(results, ctx.caller ?? 'nobody'));
    on.send(type, 'Kim', tell);
    on.ask(type, 'Kim', tell);
    for (const id of ['Lee', 'Kim'])
      on.send(
        'test/plain',
        id,
        work((ctx) => ctx.send(type, 'Kim', tell)),
      );
    await on.play();
    const asker = { type: 'millrace/asker', id: '1' };
    const [lee, kim] = ['Lee', 'Kim'].map((id) => ({ type: 'test/plain', id }));
    expect(on.records()).toEqual(['nobody', asker, lee, kim]);
  });

  test('without a caller there is nobody to reply to', async () => {
    const on = stage();
    on.send(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.a = 1;
        ctx.reply('hello?');
      }),
    );
    await on.play();
    expect(on.errors).toMatchObject([{ code: 'INVOCATION_FAILED', cause: { code: 'REPLY_WITHOUT_CALLER' } }]);
    expect(on.entityCount).toBe(0);
  });

  test('what is refused by the Context can be caught, and then has not happened', async () => {
    const on = stage();
    const asked = on.ask(
      type,
      'Kim',
      work((ctx) => {
        const codes: unknown[] = [];
        for (const wrong of [
          () => ctx.send('nobody', 'x', 1),
          () => ctx.send(functionType('test/nobody'), 'x', 1),
          () => ctx.send(sink, '', 1),
          () => ctx.send(sink, 'x'.repeat(1025), 1),
          () => ctx.send(sink, 7 as never, 1),
          () => ctx.send(sink, 'x', () => {}),
          () => ctx.egress('test/nowhere', 1),
          () => ctx.egress(results, Symbol('s')),
        ]) {
          try {
            wrong();
          } catch (error) {
            codes.push((error as { code: unknown }).code);
          }
        }
        ctx.send(sink, 'x', 'fine');
        ctx.reply(codes);
      }),
    );
    await on.play();
    const [id, encodable] = ['INVALID_ID', 'MESSAGE_NOT_ENCODABLE'];
    expect(asked.answer).toEqual([
      'UNKNOWN_FUNCTION',
      'UNKNOWN_FUNCTION',
      id,
      id,
      id,
      encodable,
      'UNKNOWN_EGRESS',
      encodable,
    ]);
    expect(on.records()).toEqual(['fine']);
  });
});

/** Async work, in each of the ways in which a function can be asynchronous. */
const WAYS: readonly [string, string, (promise: Promise<void>) => Promise<void>][] = [
  ['an async function', 'test/async', (promise) => promise],
  ['a plain function that returns a promise', 'test/plain', (promise) => promise],
  ['a plain function that returns something with a then', 'test/plain', (promise) => thenable(promise)],
];

/** Calls back twice, and at once if it can, as promises do not. */
function thenable(promise: Promise<void>): Promise<void> {
  const then = (resolved: () => void, rejected: (error: unknown) => void): void => {
    void promise.then(
      () => (resolved(), resolved()),
      (error: unknown) => (rejected(error), rejected(error)),
    );
  };
  // oxlint-disable-next-line unicorn/no-thenable -- what is tested here
  return { then } as unknown as Promise<void>;
}

describe.each(WAYS)('%s', (_, type, wrap) => {
  /** Work that writes and sends before and after it waits. */
  const waiting =
    (until: Gate): Work =>
    (ctx) => {
      ctx.state.a = 'before';
      ctx.egress(results, 'before');
      ctx.send(sink, 'Lee', 'before, to Lee');
      const after = async (): Promise<void> => {
        await until.promise;
        ctx.state.c = [ctx.state.a, 'after'];
        ctx.egress(results, 'after');
        ctx.send(sink, 'Lee', ctx.self);
        if (ctx.caller !== undefined) ctx.reply(ctx.now());
      };
      return wrap(after());
    };

  test('shows nothing until its promise resolves, and then everything', async () => {
    const on = stage();
    const until = gate();
    const asked = on.ask(type, 'Kim', work(waiting(until)));
    await on.play();
    expect([on.records(), asked.answer, on.engine.coordinator.isQuiescent]).toEqual([[], undefined, false]);
    until.open();
    await on.play();
    expect(on.records()).toEqual(['before', 'after', 'before, to Lee', { type, id: 'Kim' }]);
    expect(asked.answer).toBe(0);
    expect(await stateOf(on, type)).toEqual(['before', 'initial b', ['before', 'after']]);
    expect(on.engine.coordinator.isQuiescent).toBe(true);
  });

  test('leaves nothing behind when its promise rejects', async () => {
    const on = stage();
    on.send(
      type,
      'Kim',
      work((ctx) => {
        ctx.state.a = 'kept';
      }),
    );
    const until = gate();
    const asked = on.ask(type, 'Kim', work(waiting(until)));
    await on.play();
    until.fail(new Error('too late'));
    await on.play();
    expect(asked.error).toMatchObject({ code: 'INVOCATION_FAILED', cause: { message: 'too late' } });
    expect([on.records(), await stateOf(on, type)]).toEqual([[], ['kept', 'initial b', undefined]]);
  });

  test('keeps later messages waiting, in order, and nobody else', async () => {
    const on = stage();
    const until = gate();
    const say = (text: string): number => work((ctx) => ctx.egress(results, `${ctx.self.id} ${text}`));
    on.send(
      type,
      'Kim',
      work(() => wrap(until.promise)),
    );
    for (const text of ['1', '2', '3']) on.send(type, 'Kim', say(text));
    on.send(type, 'Ann', say('is free'));
    // Another function of the same id is another entity.
    on.send(type === 'test/plain' ? 'test/async' : 'test/plain', 'Kim', say('the other'));
    await on.play();
    expect(new Set(on.records())).toEqual(new Set(['Ann is free', 'Kim the other']));
    expect(on.engine.shards[0]?.backlogCount).toBe(4);
    until.open();
    await on.play();
    expect(on.records()).toEqual(['Kim 1', 'Kim 2', 'Kim 3']);
    expect([on.entityCount, on.engine.shards[0]?.backlogCount, on.engine.shards[0]?.underWay.busyCount]).toEqual([
      0, 0, 0,
    ]);
  });

  test('can be busy again and again with what has waited', async () => {
    const on = stage();
    const gates = [gate(), gate(), gate()];
    for (const [index, until] of gates.entries()) {
      on.send(
        type,
        'Kim',
        work((ctx) => {
          ctx.egress(results, `began ${index}`);
          return wrap(until.promise.then(() => ctx.egress(results, `ended ${index}`)));
        }),
      );
    }
    for (const [index, until] of gates.entries()) {
      await on.play();
      expect(on.records()).toEqual([]);
      until.open();
      await on.play();
      expect(on.records()).toEqual([`began ${index}`, `ended ${index}`]);
    }
    expect(on.engine.coordinator.isQuiescent).toBe(true);
  });

  test('does not see, nor disturb, other invocations of the same function meanwhile', async () => {
    const on = stage();
    const until = gate();
    on.ask(type, 'Kim', work(waiting(until)));
    for (const id of ['Lee', 'Ann']) {
      on.send(
        type,
        id,
        work((ctx) => {
          ctx.state.a = id;
        }),
      );
    }
    await on.play();
    until.open();
    await on.play();
    for (const id of ['Lee', 'Ann']) expect(await stateOf(on, type, id)).toEqual([id, 'initial b', undefined]);
  });

  test('that is never awaited by its own function cannot be undone by what it forgot', async () => {
    const on = stage();
    const until = gate();
    let late: unknown;
    on.send(
      type,
      'Kim',
      work((ctx) => {
        void until.promise.then(() => {
          try {
            ctx.egress(results, 'too late');
          } catch (error) {
            late = error;
          }
        });
      }),
    );
    await on.play();
    until.open();
    await on.play();
    expect([late, on.records()]).toEqual([expect.objectContaining({ code: 'CONTEXT_EXPIRED' }), []]);
  });
});

function thrower(): never {
  throw new Error('thrown by then');
}

describe('a then that misbehaves', () => {
  test.each([
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested here
    ['throws', { then: thrower }],
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested here
    ['cannot even be looked at', Object.defineProperty({}, 'then', { get: thrower })],
  ])('because it %s fails the invocation, not the shard', async (_, result) => {
    const on = stage();
    const asked = on.ask(
      'test/plain',
      'Kim',
      work(() => result as never),
    );
    await on.play();
    expect(asked.error).toMatchObject({ code: 'INVOCATION_FAILED', cause: { message: 'thrown by then' } });
    expect(await stateOf(on, 'test/plain')).toEqual(BLANK);
  });
});
