/**
 * When a worker thread dies, however that comes about: one coded error with its cause for everybody who waits and for
 * everybody who comes later, and never a hang. What merely fails inside an invocation does not get that far.
 */
import { describe, expect, test } from 'vitest';
import { type MillraceError, startEngine } from '../../src/index.ts';
import { type Order, puppet, records } from './puppet.ts';
import { closedGate, IDS, openEngine, PUPPET_MODULE, until } from './puppet-engine.ts';

type How = Extract<Order, { do: 'misbehave' }>['how'];

async function outcome(promise: Promise<unknown>): Promise<MillraceError> {
  return (await promise.catch((error: unknown) => error)) as MillraceError;
}

describe('a shard that dies', () => {
  test.each<[How, RegExp, object]>([
    ['process.exit', /exit/, {}],
    ['throw in a timer', /nobody caught this/, {}],
    ['reject unhandled', /nobody caught this/, {}],
    ['use all memory', /memory/, { maxHeapMiB: 48 }],
  ])('by %s fails all that wait, and all that comes later', async (how, reason, options) => {
    const { engine, errors } = await openEngine(options);
    const stream = engine.egress(records);
    await engine.send(puppet, 'Ann', { do: 'sleep', ms: 1e9 });
    const waiting = [
      engine.ask(puppet, 'Kim', { do: 'keepCaller' }),
      engine.ask(puppet, 'Lee', { do: 'keepCaller' }),
      stream.next(),
    ].map(outcome);
    const drained = outcome(engine.drained());
    const victim = outcome(engine.ask(puppet, 'Kim', { do: 'misbehave', how }));
    const failures = await Promise.all([...waiting, drained, victim]);
    for (const error of failures) {
      expect(error).toMatchObject({
        name: 'MillraceError',
        code: 'SHARD_FAILED',
        details: { shard: expect.any(Number) },
      });
      expect(error.message).toMatch(/^Shard [01] has failed/);
      expect(error.message).toMatch(reason);
      expect(error.cause).toBeInstanceOf(Error);
    }
    await until(() => errors.length > 0);
    expect(errors).toEqual([failures[0]]);
    const late = [
      engine.send(puppet, 'Kim', { do: 'load' }),
      engine.ask(puppet, 'Lee', { do: 'load' }),
      engine.drained(),
      engine.egress(records).next(),
      engine.stop(),
      engine.stop({ force: true }),
    ];
    for (const error of await Promise.all(late.map(outcome))) expect(error).toBe(failures[0]);
  });

  test('while it starts fails the start', async () => {
    const module = new URL('./worker-broken-module.ts', import.meta.url);
    const error = await outcome(startEngine({ module, shardCount: 2 }));
    expect(error).toMatchObject({ code: 'SHARD_FAILED', cause: { code: 'MODULE_NOT_LOADED' } });
    expect(error.message).toMatch(/broken in workers/);
  });

  test('while the engine stops fails the stop', async () => {
    const { engine, errors } = await openEngine();
    const { gate, open } = closedGate();
    await engine.send(puppet, 'Kim', { do: 'wait', gate, after: { do: 'misbehave', how: 'process.exit' } });
    const stopped = outcome(engine.stop());
    open();
    expect(await stopped).toMatchObject({ code: 'SHARD_FAILED' });
    // Whoever stops it hears of it; nobody needs to hear of it twice.
    expect(errors).toEqual([]);
  });

  test('does no harm to another engine in the same process', async () => {
    const [one, other] = [await openEngine(), await openEngine()];
    await one.engine.ask(puppet, 'Kim', { do: 'misbehave', how: 'process.exit' }).catch(() => {});
    expect(await other.engine.ask(puppet, 'Kim', { do: 'echo', value: 1 })).toBe(1);
    await other.engine.stop();
    expect(other.errors).toEqual([]);
  });
});

describe('an invocation that fails', () => {
  test.each<[string, Order, RegExp, string | undefined]>([
    ['by throwing', { do: 'throw', text: 'as told' }, /"Kim" threw RangeError: as told/, 'E_PUPPET'],
    ['late', { do: 'sleep', ms: 1, after: { do: 'throw', text: 'as told' } }, /threw RangeError: as told/, 'E_PUPPET'],
    ['by endless recursion', { do: 'misbehave', how: 'recurse for ever' }, /call stack/i, undefined],
    ['by throwing undefined', { do: 'misbehave', how: 'throw undefined' }, /thrown: undefined/, undefined],
    [
      'by throwing what nobody can describe',
      { do: 'misbehave', how: 'throw something unspeakable' },
      /cannot be described/,
      undefined,
    ],
    [
      'with half a character in its text',
      { do: 'throw', text: `${'x'.repeat(8_191)}🐎` },
      /threw RangeError: xxx/,
      'E_PUPPET',
    ],
  ])('%s tells the asker, and the engine goes on', async (_, order, message, code) => {
    const { engine, errors } = await openEngine();
    for (const type of ['puppet/sync', 'puppet/async']) {
      const error = await outcome(engine.ask(type, 'Kim', order));
      expect(error).toMatchObject({ code: 'INVOCATION_FAILED', details: { type, id: 'Kim' } });
      expect(error.message).toMatch(message);
      expect(error.message).toContain(type);
      expect(error.cause).toBeInstanceOf(Error);
      expect((error.cause as { code?: string }).code).toBe(code);
      expect((error.cause as Error).stack).toMatch(/Error: /);
      expect(await engine.ask(type, 'Kim', { do: 'echo', value: 'still here' })).toBe('still here');
    }
    expect(errors).toEqual([]);
  });

  test('of which nobody waits is told to the listeners of the engine, once', async () => {
    const { engine, errors } = await openEngine();
    await Promise.all(IDS.map((id) => engine.send(puppet, id, { do: 'throw', text: `by ${id}` })));
    await engine.drained();
    expect(errors.map(({ code }) => code)).toEqual(IDS.map(() => 'INVOCATION_FAILED'));
    expect(new Set(errors.map(({ details }) => details['id']))).toEqual(new Set(IDS));
  });

  test('or else becomes a process warning', async () => {
    const engine = await startEngine({ module: PUPPET_MODULE, shardCount: 1 });
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    await engine.send(puppet, 'Kim', { do: 'throw', text: 'heard by nobody' });
    await engine.stop();
    const ours = (): Error | undefined => warnings.find(({ name }) => name === 'MillraceWarning');
    await until(() => ours() !== undefined);
    process.off('warning', listen);
    expect(ours()).toMatchObject({ code: 'INVOCATION_FAILED' });
    expect(ours()?.message).toMatch(/heard by nobody/);
  });

  test('leaves nothing behind: no state, no message, no record', async () => {
    const { engine } = await openEngine();
    const taken: unknown[] = [];
    engine.egress(records, (record) => void taken.push(record));
    await engine.ask(puppet, 'Kim', { do: 'all', orders: [{ do: 'save', value: 'before' }, { do: 'self' }] });
    const failing: Order = {
      do: 'all',
      orders: [
        { do: 'save', value: 'after' },
        { do: 'egress', value: 'never' },
        ...IDS.map(
          (id): Order => ({ do: 'send', to: { type: 'puppet/sync', id }, order: { do: 'save', value: 'never' } }),
        ),
        { do: 'throw', text: 'after all that' },
      ],
    };
    for (const type of ['puppet/sync', 'puppet/async']) {
      await expect(engine.ask(type, 'Kim', failing)).rejects.toMatchObject({ code: 'INVOCATION_FAILED' });
    }
    await engine.drained();
    expect(await engine.ask(puppet, 'Kim', { do: 'load' })).toBe('before');
    expect(await Promise.all(IDS.map((id) => engine.ask(puppet, id, { do: 'load' })))).toEqual(
      IDS.map(() => undefined),
    );
    expect(taken).toEqual([]);
  });
});
