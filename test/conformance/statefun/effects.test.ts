/** What follows from a response: messages, delayed messages, egress records and state, together or not at all. */
import { expect, test } from 'vitest';
import { readTyped } from '../../../src/statefun/type.ts';
import { BooleanType, DoubleType, IntType, LongType, StringType } from '../../../src/statefun/types.ts';
import type { DelayedCommand, SentMessage } from '../../../src/statefun/protocol.ts';
import { NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import { RemoteStage, RESULTS, TYPE } from './remote-stage.ts';
import { declared, effects, program, textOf, typed, View } from './scripted-endpoint.ts';

const NATIVE = 'test/native';

function sent(type: string, id: string, text = 'hello'): SentMessage {
  return { target: { type, id }, argument: typed(text) };
}

function later(delayMs: number, token = '', text = 'late'): DelayedCommand {
  return { ...sent(NATIVE, 'Ann', text), kind: 'send', delayMs, token };
}

const cancel = (token: string): DelayedCommand => ({ kind: 'cancel', token });

/** Answers every message with what the test has put there. */
function orders(...lists: readonly (readonly DelayedCommand[])[]) {
  let next = 0;
  return new RemoteStage(() => effects({ delayed: lists[next++] ?? [] }));
}

test('#18 the caller is who sent a message, at once or with a delay, and nobody from outside', async () => {
  const on = new RemoteStage(
    program([], (view, { argument }) => {
      if (textOf(argument) !== 'begin') return;
      view.send('other/one', 'Lou', 'at once');
      view.sendAfter(5, 'other/one', 'Lou', 'later');
    }),
  );
  await on.tell(typed('begin'));
  await on.pass(5);
  const callers = on.endpoint.requests.flatMap(({ invocations }) => invocations.map(({ caller }) => caller));
  expect(callers).toEqual([undefined, { type: TYPE, id: 'Kim' }, { type: TYPE, id: 'Kim' }]);
});

test('#18 the caller of each message of a batch', async () => {
  const waiting: (() => void)[] = [];
  const on = new RemoteStage(async ({ target }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    if (target.id === 'Kim') await promise;
    return effects({ messages: target.id === 'Kim' ? [] : [sent(TYPE, 'Kim', target.id)] });
  });
  await on.tell(typed('first'));
  for (const id of ['a', 'b', 'c']) await on.tell(typed('go'), id, 'other/one');
  on.send(TYPE, 'Kim', typed('outside'));
  await on.play();
  waiting[0]();
  await on.play();
  const batch = on.endpoint.requests.at(-1)?.invocations ?? [];
  expect(batch.map(({ caller }) => caller?.id)).toEqual(['a', 'b', 'c', undefined]);
});

test('#19 messages, delayed messages, egress records and state of a response come together', async () => {
  const on = new RemoteStage(
    program([declared('count')], (view) => {
      view.set('count', '1');
      view.egress(RESULTS, 'record');
      view.sendAfter(5, NATIVE, 'Ann', 'late');
      view.send(NATIVE, 'Ann', 'hello');
    }),
  );
  await on.tell(typed('go'));
  expect(new Set(on.told())).toEqual(new Set([`Ann: hello from ${TYPE} Kim`, 'record']));
  await on.pass(5);
  expect(on.told()).toEqual([`Ann: late from ${TYPE} Kim`]);
  const [request] = await on.tell(typed('again'));
  expect(textOf(request.states[0].value)).toBe('1');
});

test('#20 a response without effects is a success', async () => {
  const on = new RemoteStage(() => NO_EFFECTS);
  await on.tell(typed('go'));
  expect([on.errors, on.records(), on.entityCount, on.engine.coordinator.isQuiescent]).toEqual([[], [], 0, true]);
});

test('#25 a request that was run twice has its effects once', async () => {
  const count = program([declared('count')], (view) => {
    view.set('count', String(Number(view.get('count') ?? 0) + 1));
    view.egress(RESULTS, `count ${view.get('count')}`);
  });
  // As if the first reply had been lost.
  const on = new RemoteStage((request) => {
    count(request);
    return count(request);
  });
  for (let time = 0; time < 3; time++) await on.tell(typed('go'));
  expect(on.told()).toEqual(['count 1', 'count 2', 'count 3']);
});

test('#28 delayed messages come not early, and in the order in which they were sent', async () => {
  const on = orders([later(50, '', 'fifty'), later(0, '', 'zero'), later(1, '', 'one'), later(1, '', 'one more')]);
  await on.tell(typed('go'));
  const line = (text: string): string => `Ann: ${text} from ${TYPE} Kim`;
  expect(on.told()).toEqual([line('zero')]);
  await on.pass(1);
  expect(on.told()).toEqual([line('one'), line('one more')]);
  await on.pass(48);
  expect(on.told()).toEqual([]);
  await on.pass(1);
  expect(on.told()).toEqual([line('fifty')]);
});

test('#30 what is sent and cancelled in one response is never delivered', async () => {
  const on = orders([later(5, 't'), cancel('t')]);
  await on.tell(typed('go'));
  await on.pass(10);
  expect([on.told(), on.errors]).toEqual([[], []]);
});

test('#31 what is cancelled and sent in one response is delivered', async () => {
  const on = orders([later(5, 't', 'first')], [cancel('t'), later(7, 't', 'second')]);
  await on.tell(typed('go'));
  await on.tell(typed('go'));
  await on.pass(10);
  expect([on.told(), on.errors]).toEqual([[`Ann: second from ${TYPE} Kim`], []]);
});

test('#32 cancelling after delivery, or what nobody knows, does nothing', async () => {
  const on = orders([later(5, 't')], [cancel('t'), cancel('unknown')]);
  await on.tell(typed('go'));
  await on.pass(5);
  await on.tell(typed('go'));
  await on.pass(5);
  expect([on.told(), on.errors]).toEqual([[`Ann: late from ${TYPE} Kim`], []]);
});

test.each([
  ['in one response', [[later(5, 't'), later(6, 't')]]],
  ['in two', [[later(5, 't')], [later(6, 't')]]],
])('#33 a token that is pending cannot be given again: %s', async (_, lists) => {
  const on = orders(...lists);
  for (const _list of lists) await on.tell(typed('go'));
  expect(on.refusal).toMatchObject({ code: 'REMOTE_RESPONSE_REFUSED', details: { reason: 'DUPLICATE_TOKEN' } });
  await on.pass(10);
  expect(on.told().length).toBe(lists.length - 1);
});

test('#34 two ids may use one token, and one that was delivered is free', async () => {
  const on = orders([later(5, 't')], [later(5, 't')], [later(5, 't')]);
  await on.tell(typed('go'), 'Kim');
  await on.tell(typed('go'), 'Lou');
  await on.pass(5);
  await on.tell(typed('go'), 'Kim');
  await on.pass(5);
  expect([on.told().length, on.errors]).toEqual([3, []]);
});

test('#35 a token belongs to the id, whichever of its functions has given it', async () => {
  const on = orders([later(5, 't')], [later(5, 't')], [cancel('t')]);
  await on.tell(typed('go'), 'Kim', TYPE);
  await on.tell(typed('go'), 'Kim', 'other/one');
  expect(on.refusal).toMatchObject({ details: { reason: 'DUPLICATE_TOKEN' } });
  await on.tell(typed('go'), 'Kim', 'other/two');
  await on.pass(10);
  expect(on.told()).toEqual([]);
});

const WRONG: readonly (readonly [string, Parameters<typeof effects>[0], string?])[] = [
  ['a cancellation without a token', { delayed: [cancel('')] }],
  ['a negative delay', { delayed: [later(-5)] }],
  ['a delay beyond all time', { delayed: [later(1e300)] }, 'object'],
  ['an id that is empty', { messages: [sent(NATIVE, '')] }],
  ['an id that is too long', { messages: [sent(NATIVE, 'x'.repeat(1025))] }, 'object'],
  ['a target that is no type name', { messages: [sent('no-slash', 'Ann')] }, 'object'],
  ['a whole namespace as target', { messages: [sent('other/*', 'Ann')] }],
  ['an egress that the module does not have', { egresses: [{ egress: 'no/egress', argument: typed('x') }] }],
  ['a token that is too long', { delayed: [later(5, 'x'.repeat(257))] }, 'object'],
];

test.each(
  [true, false].flatMap((development) => WRONG.map(([what, wrong, form]) => [what, development, wrong, form] as const)),
)(
  '#36 #37 %s is refused, and nothing of the response happens; in development: %s',
  async (_, development, wrong, form = 'bytes') => {
    const on = new RemoteStage(
      program([declared('count')], (view) => {
        view.set('count', '1');
        view.send(NATIVE, 'Ann', 'first');
        view.sendAfter(0, NATIVE, 'Ann', 'late');
      }),
      { development, asObjects: form === 'object' },
    );
    const right = on.endpoint.answer;
    on.endpoint.answer = async (request, signal) => {
      const response = await right(request, signal);
      if (response.kind !== 'effects') return response;
      const { messages, delayed, egresses } = effects(wrong);
      return {
        ...response,
        messages: [...response.messages, ...messages],
        delayed: [...response.delayed, ...delayed],
        egresses: [...response.egresses, ...egresses],
      };
    };
    await on.tell(typed('go'));
    await on.pass(10);
    expect([on.errors.length, on.refusal.code, on.told()]).toEqual([1, 'REMOTE_RESPONSE_REFUSED', []]);
    on.endpoint.answer = () => effects();
    const [request] = await on.tell(typed('again'));
    expect(request.states.map(({ value }) => value)).toEqual([undefined]);
    const [letter] = on.deadLetters();
    expect([letter.type, letter.id, letter.error.code]).toEqual([TYPE, 'Kim', 'REMOTE_RESPONSE_REFUSED']);
  },
);

test('#37 a message to a function that the module does not have is a dead letter; the rest happens', async () => {
  const on = new RemoteStage(() => effects({ messages: [sent('nobody/there', 'Ann'), sent(NATIVE, 'Ann')] }));
  await on.tell(typed('go'));
  expect(on.told()).toEqual([`Ann: hello from ${TYPE} Kim`]);
  expect(on.errors.map(({ code }) => code)).toEqual(['UNKNOWN_TARGET']);
  expect(on.deadLetters().map(({ type, source }) => [type, source])).toEqual([['nobody/there', [TYPE, 'Kim']]]);
});

test('plain values are wrapped in the built-in types, and typed values go as they are', async () => {
  const on = new RemoteStage(() => effects());
  const argument = async (message: unknown) => (await on.tell(message))[0].invocations[0].argument;
  expect(readTyped(StringType, await argument('Grüße'))).toBe('Grüße');
  expect(readTyped(BooleanType, await argument(true))).toBe(true);
  expect(readTyped(IntType, await argument(-41))).toBe(-41);
  expect(readTyped(DoubleType, await argument(1.5))).toBe(1.5);
  expect(readTyped(DoubleType, await argument(2 ** 31))).toBe(2 ** 31);
  expect(readTyped(LongType, await argument(2n ** 40n))).toBe(2n ** 40n);
  expect((await argument(0)).value).toEqual(new Uint8Array(0));
  expect(Object.is(readTyped(DoubleType, await argument(-0)), -0)).toBe(true);
  expect(await argument(typed('x', 'my/type'))).toEqual(typed('x', 'my/type'));
  expect(await argument({ typename: 'my/type', value: undefined })).toEqual({ typename: 'my/type', value: undefined });
});

test.each([[{ name: 'x' }], [null], [[1]], [2n ** 63n], ['\ud800'], [undefined]])(
  'anything else is refused where it is sent, with a hint: %o',
  async (message) => {
    const on = new RemoteStage(() => effects());
    let refusal: unknown;
    try {
      on.send(TYPE, 'Kim', message);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 'MESSAGE_INVALID' });
    expect(String(refusal)).toContain('serialize anything else');
  },
);

test('whoever asks is answered by a message to the caller', async () => {
  const on = new RemoteStage((request) => {
    const view = new View(request);
    for (const { caller } of request.invocations) if (caller !== undefined) view.send(caller.type, caller.id, 'answer');
    return view.effects();
  });
  const asked = on.ask(TYPE, 'Kim', 'question');
  await on.play();
  expect(textOf(asked.answer as never)).toBe('answer');
});

test('state and messages share no memory with the response', async () => {
  const bytes = new Uint8Array(Buffer.from('before'));
  const argument = { typename: 'test/bytes', value: bytes };
  const on = new RemoteStage(program([declared('count')], () => {}));
  await on.tell(typed('first'));
  on.endpoint.answer = () =>
    effects({ mutations: [{ name: 'count', value: argument }], delayed: [{ ...later(5), argument } as never] });
  await on.tell(typed('second'));
  bytes.fill(0);
  await on.pass(5);
  expect(on.told()).toEqual([`Ann: before from ${TYPE} Kim`]);
  const [request] = await on.tell(typed('third'));
  expect(textOf(request.states[0].value)).toBe('before');
});

test.each([
  ['value', { typename: 'test/bytes', value: new Uint8Array((16 << 20) + 1) }, false],
  ['name of a type', { typename: `test/${'x'.repeat(16 << 20)}`, value: new Uint8Array(1) }, true],
])('a record is refused whose %s makes it larger than a message may be', async (_, argument, asObjects) => {
  const on = new RemoteStage(() => effects({ egresses: [{ egress: RESULTS, argument }] }), { asObjects });
  await on.tell(typed('go'));
  expect(on.refusal.code).toBe('REMOTE_RESPONSE_REFUSED');
  expect(on.refusal.message).toContain('maxMessageBytes');
  expect(on.records()).toEqual([]);
});
