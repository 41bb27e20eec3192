/**
 * States with versions, schemas and expirations, as invocations see them: what is let in, what is brought up to date,
 * what has expired; in place and on the side, and with other code over the same values.
 */
import { describe, expect, test } from 'vitest';
import { type Context, defineFunction, type MillraceError, type ValueSpec, value } from '../../../src/index.ts';
import { bareValue } from '../../../src/state/kept-value.ts';
import { SECTION_EXPIRY } from '../../../src/store/key-layout.ts';
import { Refusal, countSchema, smallSchema } from '../../small-schema.ts';
import { gate, Stage } from './stage.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';

type Specs = Readonly<Record<string, ValueSpec<unknown, unknown>>>;
type Work = (ctx: Context<Specs>) => void | Promise<void>;

const works: Work[] = [];

/** A stage with a function of these states, in place or async, whose messages are numbers of works. */
class TypedStage extends Stage {
  readonly clock: SimulatedClock;

  constructor(state: Specs, isAsync: boolean, clock = new SimulatedClock(1_000_000)) {
    const invoke = (ctx: Context<Specs>, work: number): void | Promise<void> => works[work](ctx);
    const invokeAsync = async (ctx: Context<Specs>, work: number): Promise<void> => await works[work](ctx);
    super([defineFunction({ type: 'test/typed', state, invoke: isAsync ? invokeAsync : invoke })], { clock });
    this.clock = clock;
  }

  /** Runs it as an invocation of Kim; what it gives is the answer. */
  async run(work: (ctx: Context<Specs>) => unknown): Promise<unknown> {
    const number = works.push(async (ctx) => ctx.reply(await work(ctx))) - 1;
    return await this.#ask(number);
  }

  /** The same, all of it at once. */
  async runAtOnce(work: (ctx: Context<Specs>) => unknown): Promise<unknown> {
    return await this.#ask(works.push((ctx) => ctx.reply(work(ctx))) - 1);
  }

  async #ask(number: number): Promise<unknown> {
    const asked = this.ask('test/typed', 'Kim', number);
    await this.play();
    if (asked.error !== undefined) throw asked.error.cause;
    return asked.answer;
  }

  /** What lies in memory of Kim, seen or not. */
  storedValues(): unknown[] {
    const [entity] = this.engine.shards.flatMap(({ entities }) => [...entities.values()]);
    return [0, 1, 2].map((cell) => bareValue(entity?.readCell(cell))).filter((cell) => cell !== undefined);
  }

  /** When the rows of what expires are due. */
  dues(): number[] {
    return this.engine.shards
      .flatMap((shard) => [...shard.rows.inMemory()])
      .filter(({ key, value: row }) => key.charCodeAt(2) === SECTION_EXPIRY && row !== undefined)
      .map(({ key }) => Buffer.from(key.slice(3, 9), 'latin1').readUIntBE(0, 6));
  }
}

describe.each([false, true])('async: %s', (isAsync) => {
  test('a value that its schema refuses is not taken, and what the schema makes of it is kept', async () => {
    const stage = new TypedStage({ count: value({ schema: countSchema }), plain: value() }, isAsync);
    await expect(
      stage.runAtOnce((ctx) => {
        ctx.state['plain'] = 'never';
        ctx.state['count'] = -1;
      }),
    ).rejects.toMatchObject({
      code: 'STATE_INVALID',
      details: { type: 'test/typed', id: 'Kim', state: 'count' },
      message: expect.stringContaining('not a count') as string,
    });
    expect(await stage.runAtOnce((ctx) => ({ ...ctx.state }))).toEqual({ count: undefined, plain: undefined });
    expect(
      await stage.runAtOnce((ctx) => {
        ctx.state['count'] = '17';
        try {
          ctx.state['count'] = 1.5;
        } catch {}
        return ctx.state['count'];
      }),
    ).toBe(17);
    expect(await stage.runAtOnce((ctx) => ctx.state['count'])).toBe(17);
    await stage.runAtOnce((ctx) => ctx.clear('count'));
    expect(await stage.runAtOnce((ctx) => ctx.state['count'])).toBe(undefined);
    expect(stage.entityCount).toBe(0);
  });

  test('what a schema gives must be what state can hold', async () => {
    const schema = smallSchema<unknown>(() => () => {});
    const stage = new TypedStage({ a: value({ schema }) }, isAsync);
    await expect(stage.runAtOnce((ctx) => void (ctx.state['a'] = 1))).rejects.toMatchObject({
      code: 'MESSAGE_NOT_ENCODABLE',
    });
  });

  test('a value written is gone on the millisecond, and reads as new', async () => {
    const stage = new TypedStage({ a: value({ expire: { after: 1_000 }, initial: 'none' }) }, isAsync);
    await stage.runAtOnce((ctx) => void (ctx.state['a'] = 'kept'));
    stage.clock.advance(999);
    expect(await stage.runAtOnce((ctx) => ctx.state['a'])).toBe('kept');
    stage.clock.advance(1);
    expect(await stage.runAtOnce((ctx) => ctx.state['a'])).toBe('none');
  });

  test('a value that is read lives on, never shorter and at most a tenth longer', async () => {
    const stage = new TypedStage({ a: value({ expire: { after: 1_000, since: 'access' } }) }, isAsync);
    await stage.runAtOnce((ctx) => void (ctx.state['a'] = 'kept'));
    for (const wait of [50, 90, 999, 1_000, 1, 950, 1_000]) {
      stage.clock.advance(wait);
      expect(await stage.runAtOnce((ctx) => ctx.state['a'])).toBe('kept');
    }
    stage.clock.advance(1_100);
    expect(await stage.runAtOnce((ctx) => ctx.state['a'])).toBe(undefined);
  });

  test('an entity has one row, due when the first of its values expires or earlier', async () => {
    const stage = new TypedStage(
      { a: value({ expire: { after: 5_000 } }), b: value({ expire: { after: 700 } }), c: value() },
      isAsync,
    );
    await stage.runAtOnce((ctx) => void (ctx.state['a'] = 1));
    expect(stage.dues()).toEqual([1_005_000]);
    await stage.runAtOnce((ctx) => void (ctx.state['c'] = 1));
    await stage.runAtOnce((ctx) => void (ctx.state['b'] = 1));
    expect(stage.dues()).toEqual([1_000_700]);
    stage.clock.advance(100);
    await stage.runAtOnce((ctx) => {
      for (const name of ['b', 'a', 'b']) ctx.state[name] = 2;
    });
    expect(stage.dues()).toEqual([1_000_700]);
    await expect(
      stage.runAtOnce((ctx) => {
        ctx.clear('b');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(stage.dues()).toEqual([1_000_700]);
  });
});

describe.each([false, true])('the sweep, async: %s', (isAsync) => {
  const state = { a: value({ expire: { after: 1_000 } }), b: value({ expire: { after: 5_000 } }), c: value() };

  test('what has expired is removed without anybody asking, and the row moves to what is left', async () => {
    const stage = new TypedStage(state, isAsync);
    await stage.runAtOnce((ctx) => void Object.assign(ctx.state, { a: 1, b: 2 }));
    stage.clock.advance(999);
    await stage.play();
    expect([stage.dues(), stage.storedValues()]).toEqual([[1_001_000], [1, 2]]);
    stage.clock.advance(1);
    await stage.play();
    expect([stage.dues(), stage.storedValues()]).toEqual([[1_005_000], [2]]);
    stage.clock.advance(1_000_000);
    await stage.play();
    expect([stage.dues(), stage.entityCount]).toEqual([[], 0]);
  });

  test('what was written again stays, and what does not expire, too', async () => {
    const stage = new TypedStage(state, isAsync);
    await stage.runAtOnce((ctx) => void Object.assign(ctx.state, { a: 1, c: 3 }));
    stage.clock.advance(600);
    await stage.runAtOnce((ctx) => void (ctx.state['a'] = 2));
    stage.clock.advance(600);
    await stage.play();
    expect([stage.dues(), stage.storedValues()]).toEqual([[1_001_600], [2, 3]]);
    stage.clock.advance(400);
    await stage.play();
    expect([stage.dues(), stage.storedValues()]).toEqual([[], [3]]);
  });

  test('an entity that keeps nothing any more has no row', async () => {
    const stage = new TypedStage(state, isAsync);
    for (const end of ['clear', 'delete'] as const) {
      await stage.runAtOnce((ctx) => void (ctx.state['a'] = 1));
      await stage.runAtOnce((ctx) => (end === 'delete' ? ctx.delete() : ctx.clear('a')));
      expect([stage.dues(), stage.entityCount]).toEqual([[], 0]);
    }
  });

  test('what has expired does not count as state', async () => {
    const stage = new TypedStage({ a: value({ expire: { after: 10 } }) }, isAsync);
    await stage.runAtOnce((ctx) => void (ctx.state['a'] = 1));
    const again = works.push((ctx) => void (ctx.state['a'] = 2)) - 1;
    stage.clock.advance(10);
    stage.engine.coordinator.send('test/typed', 'Kim', again, { ifExists: true });
    await stage.play();
    expect(stage.entityCount).toBe(0);
  });
});

test('many are removed a few a turn', async () => {
  const stage = new TypedStage({ a: value({ expire: { after: 1_000 } }) }, false);
  const setting = works.push((ctx) => void (ctx.state['a'] = 1)) - 1;
  for (let id = 0; id < 5_000; id++) stage.send('test/typed', `id-${id}`, setting);
  await stage.play();
  expect([stage.entityCount, stage.dues().length]).toEqual([5_000, 5_000]);
  stage.clock.advance(1_000);
  while (stage.entityCount > 0) {
    const before = stage.entityCount;
    for (let thread = 0; thread < stage.engine.threadCount; thread++) stage.engine.turn(thread);
    await stage.engine.settle();
    expect(before - stage.entityCount).toBeLessThanOrEqual(64);
  }
  expect(stage.dues()).toEqual([]);
});

test('a busy entity is left for later', async () => {
  const stage = new TypedStage({ a: value({ expire: { after: 1_000 } }) }, true);
  await stage.run((ctx) => void (ctx.state['a'] = 1));
  const waiting = gate();
  const done = stage.run(async (ctx) => {
    await waiting.promise;
    return ctx.state['a'] ?? 'gone';
  });
  stage.clock.advance(1_000);
  await stage.play();
  expect(stage.dues()).toEqual([1_001_000]);
  waiting.open();
  expect(await done).toBe('gone');
  stage.clock.advance(100);
  await stage.play();
  expect([stage.dues(), stage.entityCount]).toEqual([[], 0]);
});

test('a failed invocation leaves no row', async () => {
  const stage = new TypedStage({ a: value({ expire: { after: 1_000 } }) }, false);
  const failing = stage.runAtOnce((ctx) => {
    ctx.state['a'] = 1;
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect([stage.dues(), stage.entityCount]).toEqual([[], 0]);
});

test('in place time stands still, on the side it goes on', async () => {
  const state = { a: value({ expire: { after: 10 } }) };
  for (const isAsync of [false, true]) {
    const stage = new TypedStage(state, isAsync);
    const seen = await stage.runAtOnce((ctx) => {
      ctx.state['a'] = 1;
      stage.clock.advance(20);
      return [ctx.state['a'] ?? 'gone', ctx.now()];
    });
    expect(seen).toEqual([isAsync ? 'gone' : 1, 1_000_020]);
  }
});

test('an async invocation works on a copy: what it renews or writes comes when it returns', async () => {
  const stage = new TypedStage({ a: value({ expire: { after: 1_000, since: 'access' } }) }, true);
  await stage.run((ctx) => void (ctx.state['a'] = 1));
  const waiting = gate();
  const done = stage.run(async (ctx) => {
    ctx.state['a'] = 2;
    await waiting.promise;
  });
  await stage.play();
  waiting.open();
  await done;
  expect(await stage.run((ctx) => ctx.state['a'])).toBe(2);
});

test('a message that its function refuses is not sent, wherever it comes from', async () => {
  const taken: unknown[] = [];
  const picky = defineFunction({
    type: 'test/picky',
    messages: countSchema,
    invoke(ctx, message) {
      taken.push(message);
      ctx.send('test/replier', 'Lee', 'how many?');
    },
  });
  const sender = defineFunction({
    type: 'test/sender',
    messages: smallSchema<unknown>((message) => message),
    invoke(ctx, message) {
      ctx.send('test/picky', 'Kim', message);
      if (message === 1) ctx.reply('sent');
    },
  });
  const replier = defineFunction({ type: 'test/replier', invoke: (ctx) => ctx.reply('no count') });
  const stage = new Stage([picky, sender, replier]);
  expect(() => stage.send('test/picky', 'Kim', 'many')).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
  stage.send('test/picky', 'Kim', '12');
  const refused = stage.ask('test/sender', 'Lee', -1);
  const sent = stage.ask('test/sender', 'Lee', 1);
  await stage.play();
  expect(refused.error).toMatchObject({ code: 'INVOCATION_FAILED', cause: { code: 'MESSAGE_INVALID' } });
  expect([sent.answer, taken]).toEqual(['sent', [12, 1]]);
  // The answer that is no count was refused where it was given.
  const replies = stage.errors.map(({ details, cause }) => [details['type'], (cause as MillraceError).code]);
  expect(replies).toEqual([12, 1].map(() => ['test/replier', 'MESSAGE_INVALID']));
});

test('a schema that answers later, or throws, refuses', async () => {
  const answers: (() => unknown)[] = [
    () => Promise.reject(new Error('later')),
    () => {
      throw new Error('at once');
    },
  ];
  for (const [index, text] of ['promise', 'at once'].entries()) {
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: answers[index] as never } };
    const stage = new TypedStage({ a: value({ schema }) }, false);
    const assigned = stage.runAtOnce((ctx) => void (ctx.state['a'] = 1));
    await expect(assigned).rejects.toThrow(text);
  }
});

test.each([
  [{ version: 0 }],
  [{ version: 1.5 }],
  [{ version: 70_000 }],
  [{ migrate: { 1: () => 1 } }],
  [{ version: 3, migrate: { 3: () => 1 } }],
  [{ version: 3, migrate: { 1: 1 as never } }],
  [{ schema: 1 as never }],
  [{ schema: smallSchema(() => new Refusal('never')), initial: 1 }],
  [{ expire: { after: 0 } }],
  [{ expire: { after: 'soon' } }],
  [{ expire: { after: 1, since: 'birth' as never } }],
])('%j is no value', (options) => {
  expect(() => value(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
});
