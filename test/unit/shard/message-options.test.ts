/**
 * What travels with messages, from one invocation to the next, in the own shard and to another, at once and after a wait
 * for a busy address: the trace, and that a message is only for who has state.
 */
import { describe, expect, test } from 'vitest';
import {
  type Context,
  defineFunction,
  isAsyncResult,
  type OutsideMessageOptions,
  type Trace,
  value,
} from '../../../src/index.ts';
import type { SingleThreadOptions } from '../../../src/testing/single-thread.ts';
import { type Gate, gate, results, Stage } from './stage.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const GIVEN = { traceparent: PARENT, tracestate: 'a=1', causalId: 'order 7' };

interface Hop {
  /** Who gets it next. */
  readonly next: readonly string[];
  readonly ifExists?: boolean;
}

const gates = new Map<string, Gate>();

function pass(ctx: Context, { next, ifExists }: Hop): void {
  ctx.egress(results, { id: ctx.self.id, trace: ctx.trace });
  const [id, ...rest] = next;
  if (id !== undefined) ctx.send('test/hop', id, { next: rest }, { ifExists });
}

const hop = defineFunction({
  type: 'test/hop',
  invoke(ctx, message: Hop) {
    const until = gates.get(ctx.self.id);
    if (until === undefined) return pass(ctx, message);
    return until.promise.then(() => pass(ctx, message));
  },
});

const keeper = defineFunction({
  type: 'test/keeper',
  state: { kept: value<unknown>(), other: value({ initial: 'initial' }) },
  invoke(ctx, message: unknown) {
    if (message === 'clear') ctx.clear('kept');
    else ctx.state.kept = message;
    ctx.egress(results, message);
  },
});

const teller = defineFunction({
  type: 'test/teller',
  invoke: (ctx, message: unknown) => ctx.send(keeper, ctx.self.id, message, { ifExists: true }),
});

function stage(options: Partial<SingleThreadOptions> = {}): Stage {
  gates.clear();
  return new Stage([hop, keeper, teller], options);
}

async function seen(on: Stage): Promise<Map<string, Trace | undefined>> {
  await on.play();
  const records = on.records() as { readonly id: string; readonly trace: Trace | undefined }[];
  return new Map(records.map(({ id, trace }) => [id, trace]));
}

const SHARD_COUNTS = [1, 3];

describe.each(SHARD_COUNTS)('with %i shards a trace', (shardCount) => {
  test('goes on from message to message, each invocation a span of its own', async () => {
    const on = stage({ shardCount });
    on.engine.coordinator.send(hop, 'a', { next: ['b', 'c', 'd'] }, { trace: GIVEN });
    const traces = await seen(on);
    expect([...traces.keys()].toSorted()).toEqual(['a', 'b', 'c', 'd']);
    let parent = PARENT;
    for (const id of ['a', 'b', 'c', 'd']) {
      expect(traces.get(id)).toMatchObject({ parent, tracestate: 'a=1', causalId: 'order 7' });
      const own = traces.get(id)?.traceparent ?? '';
      expect([own.slice(0, 36), own.length, own.slice(-3)]).toEqual([PARENT.slice(0, 36), 55, '-01']);
      expect(own).not.toBe(parent);
      parent = own;
    }
  });

  test('waits with its message for a busy address, and comes out of it', async () => {
    const on = stage({ shardCount });
    const until = gate();
    gates.set('b', until);
    for (const causalId of ['one', 'two'])
      on.engine.coordinator.send(hop, 'a', { next: ['b', causalId] }, { trace: { causalId } });
    on.send('test/hop', 'a', { next: ['b', 'none'] });
    await on.play();
    until.open();
    const traces = await seen(on);
    const nothing = { traceparent: undefined, tracestate: undefined, parent: undefined };
    expect(traces.get('one')).toEqual({ ...nothing, causalId: 'one' });
    expect(traces.get('two')).toEqual({ ...nothing, causalId: 'two' });
    expect([traces.has('none'), traces.get('none')]).toEqual([true, undefined]);
  });

  test('is not there for messages that bring none, unless all get a causal id', async () => {
    const none = stage({ shardCount });
    none.send('test/hop', 'a', { next: ['b'] });
    expect([...(await seen(none)).values()]).toEqual([undefined, undefined]);

    const all = stage({ shardCount, causalIds: 'all' });
    all.send('test/hop', 'a', { next: ['b'] });
    all.send('test/hop', 'c', { next: ['d'] });
    const traces = await seen(all);
    const idOf = (id: string): string => traces.get(id)?.causalId ?? '';
    expect(idOf('a')).toMatch(/^[0-9a-f]{16}$/);
    expect([idOf('b'), idOf('d')]).toEqual([idOf('a'), idOf('c')]);
    expect(idOf('c')).not.toBe(idOf('a'));
  });
});

test('the result of asynchronous work belongs to the trace of the invocation that began it', async () => {
  const begun: (Trace | undefined)[] = [];
  const asker = defineFunction({
    type: 'test/asker',
    invoke(ctx, message: unknown) {
      begun.push(ctx.trace);
      if (!isAsyncResult(message)) ctx.async('metadata', Promise.resolve(1));
    },
  });
  const on = new Stage([asker]);
  on.engine.coordinator.send(asker, 'a', 0, { trace: GIVEN });
  await on.play();
  expect([begun.length, begun[1]?.parent, begun[1]?.causalId]).toEqual([2, begun[0]?.traceparent, 'order 7']);
});

test('a trace is the same however often it is looked at, and the spans of two messages are two', async () => {
  const looked: unknown[] = [];
  const looker = defineFunction({
    type: 'test/looker',
    invoke(ctx) {
      looked.push(ctx.trace?.traceparent, ctx.trace?.traceparent);
    },
  });
  const on = new Stage([looker]);
  for (const id of ['a', 'a']) on.engine.coordinator.send(looker, id, 0, { trace: GIVEN });
  await on.play();
  expect(looked).toHaveLength(4);
  expect([looked[1], looked[3]]).toEqual([looked[0], looked[2]]);
  expect(looked[2]).not.toBe(looked[0]);
});

describe.each(SHARD_COUNTS)('with %i shards a message for who has state', (shardCount) => {
  const sendAll = async (on: Stage, ...messages: readonly (readonly [unknown, OutsideMessageOptions?])[]) => {
    for (const [message, options] of messages) on.engine.coordinator.send(keeper, 'Kim', message, options);
    await on.play();
    return on.records();
  };
  const only = { ifExists: true };

  test('is dropped when there is none, and delivered when there is', async () => {
    const on = stage({ shardCount });
    expect(await sendAll(on, ['dropped', only])).toEqual([]);
    expect([on.entityCount, on.engine.coordinator.isQuiescent]).toEqual([0, true]);
    expect(await sendAll(on, ['first'], ['second', only])).toEqual(['first', 'second']);
    expect(await sendAll(on, ['clear', only], ['dropped', only], ['third'], ['fourth', only])).toEqual([
      'clear',
      'third',
      'fourth',
    ]);
    expect(on.entityCount).toBe(1);
  });

  test('sent by a function is no different', async () => {
    const on = stage({ shardCount });
    on.send('test/teller', 'Kim', 'dropped');
    on.send('test/keeper', 'Lee', 'kept');
    await on.play();
    on.send('test/teller', 'Lee', 'delivered');
    await on.play();
    expect(on.records()).toEqual(['kept', 'delivered']);
  });

  test('to a function that keeps nothing never comes', async () => {
    const on = stage({ shardCount });
    on.engine.coordinator.send(hop, 'a', { next: [] }, { ifExists: true });
    expect((await seen(on)).size).toBe(0);
  });

  test('is dropped with its trace, or delivered with it', async () => {
    const on = stage({ shardCount });
    on.engine.coordinator.send(hop, 'a', { next: ['b'], ifExists: true }, { trace: GIVEN });
    expect([...(await seen(on)).keys()]).toEqual(['a']);
  });
});
