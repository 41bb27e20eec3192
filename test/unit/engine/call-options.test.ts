/**
 * What is said with the calls of an engine beside their messages: what there is not is refused, and then nothing has
 * happened. The engine behind it only writes down what it is asked for.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { Engine } from '../../../src/engine/engine.ts';
import { ErrorEvents } from '../../../src/engine/error-events.ts';
import { IngressDoor } from '../../../src/engine/ingress-door.ts';

const done: string[] = [];
const events = new ErrorEvents();
const clients = {
  send: () => Promise.resolve(void done.push('send')),
  ask: (...[, , , asker]: [unknown, unknown, unknown, { replied(reply: string): void }]) => {
    done.push('ask');
    queueMicrotask(() => asker.replied('answer'));
  },
};
const stop = (force: boolean): Promise<void> => Promise.resolve(void done.push(force ? 'stop by force' : 'stop'));
const engine = new Engine({ shardCount: 1, clients, events, stop } as never);

beforeEach(() => {
  done.length = 0;
  events.removeAllListeners();
});

const CALLS: Readonly<Record<string, (options: never) => Promise<unknown>>> = {
  send: (options) => engine.send('a/b', 'Kim', 1, options),
  ask: (options) => engine.ask('a/b', 'Kim', 1, options),
  stop: (options) => engine.stop(options),
};

describe('engine', () => {
  const ofSend = 'ifExists, trace, until, idempotencyKey';
  const wrong: [string, unknown, string][] = [
    ['send', { idempotencykey: 'x' }, `engine.send has no option "idempotencykey"; its options are ${ofSend}.`],
    ['send', { timeoutMs: 5 }, `engine.send has no option "timeoutMs"; its options are ${ofSend}.`],
    ['send', { ifExists: 1 }, 'engine.send: the option ifExists is 1; allowed is true or false.'],
    ['send', { until: 'acepted' }, `The option until is "acepted"; allowed is 'committed', 'accepted'.`],
    ['send', 'accepted', `The options of engine.send must be an object with the fields ${ofSend}, not "accepted".`],
    ['send', null, `The options of engine.send must be an object with the fields ${ofSend}, not null.`],
    ['ask', { timeout: 5 }, 'engine.ask has no option "timeout"; its options are trace, timeoutMs, until.'],
    ['ask', { ifExists: true }, 'engine.ask has no option "ifExists"; its options are trace, timeoutMs, until.'],
    ['ask', { until: 'accepted' }, `The option until is "accepted"; allowed is 'committed', 'processed'.`],
    ['ask', { timeoutMs: '5 s' }, 'The option timeoutMs is "5 s"; allowed is milliseconds from 0 on.'],
    ['ask', 5_000, 'The options of engine.ask must be an object with the fields trace, timeoutMs, until, not 5000.'],
    ['stop', { forse: true }, 'engine.stop has no option "forse"; its options are force.'],
    ['stop', { force: 'yes' }, 'The option force is "yes"; allowed is true or false.'],
    ['stop', true, 'The options of engine.stop must be an object with the fields force, not true.'],
  ];

  test.each(wrong)('%s with %j is refused as a rejection', async (call, options, message) => {
    await expect(CALLS[call](options as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: `${message} The engine was not started, or the call had no effect.`,
    });
    expect(done).toEqual([]);
  });

  test.each([
    ['send', undefined, 'send'],
    ['send', { ifExists: true, trace: { anything: 1 }, until: 'accepted', idempotencyKey: 'x' }, 'send'],
    ['send', { until: undefined, untill: undefined }, 'send'],
    ['ask', undefined, 'ask'],
    ['ask', { trace: {}, timeoutMs: 5, until: 'processed' }, 'ask'],
    ['stop', undefined, 'stop'],
    ['stop', { force: false }, 'stop'],
    ['stop', { force: true }, 'stop by force'],
  ])('%s with %j is not', async (call, options, what) => {
    await CALLS[call](options as never);
    expect(done).toEqual([what]);
  });
});

describe.each(['on', 'off'] as const)('engine.%s', (name) => {
  const listen = (event: unknown, listener: unknown): unknown => engine[name](event as never, listener as never);

  test.each(['eror', '', 'newListener', 5, undefined, Symbol('error')])('of the event %s is refused', (event) => {
    expect(() => listen(event, () => {})).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => listen(event, () => {})).toThrow(/^engine\.(on|off): there is no event .+; events are error\./);
    expect(events.eventNames()).toEqual([]);
  });

  test.each([5, null, undefined, {}])('with the listener %j is refused', (listener) => {
    expect(() => listen('error', listener)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => listen('error', listener)).toThrow(/: the listener is .+; allowed is a function\./);
    expect(events.eventNames()).toEqual([]);
  });
});

test('a listener comes and goes', () => {
  const listener = (): void => {};
  expect(engine.on('error', listener)).toBe(engine);
  expect(events.listeners('error')).toEqual([listener]);
  expect(engine.off('error', listener)).toBe(engine);
  expect(events.listeners('error')).toEqual([]);
});

describe('a router', () => {
  const coordinator = { send: () => void done.push('routed'), input: { flooded: { count: 0 } } };
  const { send } = new IngressDoor(coordinator as never, {} as never);

  test.each([
    [{ idempotencyKey: 'x' }, 'send has no option "idempotencyKey"; its options are ifExists, trace.'],
    [{ ifExists: 0 }, 'send: the option ifExists is 0; allowed is true or false.'],
    ['x', 'The options of send must be an object with the fields ifExists, trace, not "x".'],
  ])('that sends with %j has sent nothing', (options, message) => {
    const tried = (): void => send('a/b', 'Kim', 1, options as never);
    expect(tried).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(tried).toThrow(message);
    expect(done).toEqual([]);
  });

  test.each([undefined, { ifExists: true, trace: { causalId: 'x' } }])('that sends with %j has sent', (options) => {
    send('a/b', 'Kim', 1, options);
    expect(done).toEqual(['routed']);
  });
});
