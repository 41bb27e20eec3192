/** Which states a request brings along, and what an endpoint may say of them. */
import { expect, test } from 'vitest';
import { RemoteStage, TYPE } from './remote-stage.ts';
import { declared, effects, missing, program, textOf, typed } from './scripted-endpoint.ts';

const COUNT = declared('count');
const NAME = declared('name');

function names(request: { readonly states: readonly { readonly name: string }[] } | undefined): string[] {
  return request?.states.map(({ name }) => name) ?? [];
}

test('#5 first contact: one round of negotiation, and the code runs once', async () => {
  let runs = 0;
  const on = new RemoteStage(program([COUNT, NAME], () => runs++));
  const requests = await on.tell(typed('hello'));
  expect(requests.map(names)).toEqual([[], ['count', 'name']]);
  expect(requests.map(({ invocations }) => textOf(invocations[0].argument))).toEqual(['hello', 'hello']);
  expect([runs, on.errors]).toEqual([1, []]);
  expect((await on.tell(typed('again'))).map(names)).toEqual([['count', 'name']]);
  expect((await on.tell(typed('hello'), 'Lou')).map(names)).toEqual([['count', 'name']]);
});

test('#6 of one state that is known and one that is new only the new one is asked for', async () => {
  const on = new RemoteStage(program([COUNT], (view) => view.set('count', '1')));
  await on.tell(typed('first'));
  on.endpoint.answer = program([COUNT, NAME], () => {});
  const requests = await on.tell(typed('second'));
  expect(requests.map(names)).toEqual([['count'], ['count', 'name']]);
  expect(textOf(requests[1].states[0].value)).toBe('1');
});

test('#6 what two calls of one function learn at the same time is learnt once', async () => {
  const waiting: (() => void)[] = [];
  const answer = program([COUNT], (view) => view.set('count', '1'));
  const on = new RemoteStage(async (request) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
    return answer(request);
  });
  for (const id of ['Kim', 'Lou']) on.send(TYPE, id, typed('first'));
  await on.play();
  for (let open = waiting.shift(); open !== undefined; open = waiting.shift()) {
    open();
    await on.play();
  }
  expect(on.endpoint.requests.map(names)).toEqual([[], [], ['count'], ['count']]);
  expect(on.errors).toEqual([]);
});

test('#7 a state that is known and unset has a name and no value', async () => {
  const on = new RemoteStage(program([COUNT], () => {}));
  const [, second] = await on.tell(typed('first'));
  expect(second.states).toEqual([{ name: 'count', value: undefined }]);
});

test('#8 a value of no bytes is a value', async () => {
  const empty = { typename: 'test/bytes', value: new Uint8Array(0) };
  const on = new RemoteStage(() => missing(COUNT, NAME));
  on.endpoint.answer = ({ states }) =>
    states.length === 0
      ? missing(COUNT, NAME)
      : effects({
          mutations: [
            { name: 'count', value: empty },
            { name: 'name', value: { typename: 'test/bytes', value: undefined } },
          ],
        });
  await on.tell(typed('first'));
  const [request] = await on.tell(typed('second'));
  expect(request.states).toEqual([
    { name: 'count', value: empty },
    { name: 'name', value: empty },
  ]);
});

test('#9 after a DELETE the state is there without a value', async () => {
  const run = program([COUNT, NAME], (view, { argument }) => {
    if (textOf(argument) === 'set') for (const name of ['count', 'name']) view.set(name, 'x');
    if (textOf(argument) === 'delete') view.set('count', undefined);
  });
  const on = new RemoteStage(run);
  await on.tell(typed('set'));
  await on.tell(typed('delete'));
  const [request] = await on.tell(typed('look'));
  expect(request.states).toEqual([
    { name: 'count', value: undefined },
    { name: 'name', value: typed('x') },
  ]);
});

test('#9 an address that keeps nothing any more is forgotten', async () => {
  const run = program([COUNT], (view, { argument }) => {
    view.set('count', textOf(argument) === 'set' ? 'x' : undefined);
  });
  const on = new RemoteStage(run);
  await on.tell(typed('set'));
  expect(on.entityCount).toBe(1);
  await on.tell(typed('delete'));
  expect(on.entityCount).toBe(0);
});

test('#10 a value of another type than declared is refused, and nothing of the response happens', async () => {
  const on = new RemoteStage(program([COUNT], (view) => view.set('count', '1')));
  await on.tell(typed('first'));
  on.endpoint.answer = () =>
    effects({
      mutations: [{ name: 'count', value: typed('2', 'test/other') }],
      messages: [{ target: { type: 'test/native', id: 'Ann' }, argument: typed('never') }],
      egresses: [{ egress: 'test/results', argument: typed('never') }],
    });
  await on.tell(typed('second'));
  expect(on.refusal.code).toBe('REMOTE_RESPONSE_REFUSED');
  expect(on.refusal.message).toContain('"test/other"');
  expect(on.refusal.message).toContain('"test/bytes"');
  on.endpoint.answer = program([COUNT], () => {});
  const requests = await on.tell(typed('third'));
  // It may be another program by now, so it is asked again.
  expect(requests.map(names)).toEqual([[], ['count']]);
  expect([textOf(requests[1].states[0].value), on.records()]).toEqual(['1', []]);
  expect(on.deadLetters().length).toBe(1);
});

test('#10 a state of which nothing is stored may become one of another type while the engine runs', async () => {
  const other = declared('count', { typename: 'test/other' });
  const on = new RemoteStage(program([COUNT], () => {}));
  await on.tell(typed('first'));
  const mutations = [{ name: 'count', value: typed('2', 'test/other') }];
  on.endpoint.answer = ({ states }) => (states.length === 0 ? missing(other) : effects({ mutations }));
  await on.tell(typed('second'));
  expect(on.refusal.code).toBe('REMOTE_RESPONSE_REFUSED');
  expect((await on.tell(typed('third'))).map(names)).toEqual([[], ['count']]);
  const [request] = await on.tell(typed('fourth'));
  expect(request.states).toEqual([{ name: 'count', value: typed('2', 'test/other') }]);
  expect(on.deadLetters().length).toBe(1);
});

test('#12 a program that declares what does not fit what is stored can be taken back while the engine runs', async () => {
  const on = new RemoteStage(program([COUNT], (view) => view.set('count', '1')));
  await on.tell(typed('first'));
  const mutations = [{ name: 'count', value: typed('2', 'test/other') }];
  on.endpoint.answer = ({ states }) =>
    states.length === 0 ? missing(declared('count', { typename: 'test/other' })) : effects({ mutations });
  await on.tell(typed('second'));
  await on.tell(typed('third'));
  expect(on.refusal.message).toContain('declared as "test/other", and what is stored is of the type "test/bytes"');
  on.endpoint.answer = program([COUNT], () => {});
  const requests = await on.tell(typed('fourth'));
  expect(requests.map(names)).toEqual([[], ['count']]);
  expect(textOf(requests[1].states[0].value)).toBe('1');
  expect(on.deadLetters().length).toBe(2);
});

test('#11 a change of a state that was never declared is refused, and nothing of the response happens', async () => {
  const on = new RemoteStage(() =>
    effects({
      mutations: [{ name: 'ghost', value: undefined }],
      egresses: [{ egress: 'test/results', argument: typed('never') }],
    }),
  );
  await on.tell(typed('first'));
  expect(on.refusal.code).toBe('REMOTE_RESPONSE_REFUSED');
  expect(on.refusal.message).toContain('"ghost"');
  expect(on.records()).toEqual([]);
});

test('#12 a state that is declared again as another type is refused with both type names', async () => {
  const on = new RemoteStage(program([COUNT], () => {}));
  await on.tell(typed('first'));
  on.endpoint.answer = () => missing(NAME, declared('count', { typename: 'test/other' }));
  await on.tell(typed('second'));
  expect(on.refusal.code).toBe('REMOTE_RESPONSE_REFUSED');
  expect(on.refusal.message).toContain('declared as "test/other", and was declared as "test/bytes"');
  on.endpoint.answer = () => effects();
  // Nothing of that declaration counts.
  expect((await on.tell(typed('third'))).map(names)).toEqual([['count']]);
});

test('#12 the same again is fine, and the first expiration stays', async () => {
  const on = new RemoteStage(
    program([declared('count', { mode: 'after-write', afterMs: 100 })], (view) => view.set('count', '1')),
  );
  await on.tell(typed('first'));
  let isAsked = false;
  on.endpoint.answer = () => {
    if (isAsked) return effects();
    isAsked = true;
    return missing(declared('count', { mode: 'after-write', afterMs: 100_000 }));
  };
  await on.tell(typed('second'));
  await on.pass(100);
  const [request] = await on.tell(typed('third'));
  expect([request.states[0].value, on.errors]).toEqual([undefined, []]);
});

test('#12 a state without a type name is of the type unset', async () => {
  const on = new RemoteStage(({ states }) =>
    states.length === 0
      ? missing(declared('count', { typename: '' }))
      : effects({ mutations: [{ name: 'count', value: typed('1') }] }),
  );
  await on.tell(typed('first'));
  expect(on.refusal.message).toContain('"io.statefun.types/unset"');
});

test('#13 a state that a new version of the endpoint does not declare is still attached', async () => {
  const on = new RemoteStage(program([COUNT, NAME], (view) => view.set('name', 'x')));
  await on.tell(typed('first'));
  on.endpoint.answer = program([COUNT], (view) => view.set('count', '1'));
  const [request] = await on.tell(typed('second'));
  expect(names(request)).toEqual(['count', 'name']);
  expect(textOf(request.states[1].value)).toBe('x');
});

test.each([
  ['for states that it was given', () => missing(COUNT), 11],
  ['for nothing', () => missing(), 10],
])('#14 an endpoint that asks again and again %s is refused', async (_, answer, count) => {
  const on = new RemoteStage(answer);
  expect((await on.tell(typed('first'))).length).toBe(count);
  expect(on.refusal.code).toBe('REMOTE_RESPONSE_REFUSED');
  expect(on.refusal.message).toContain('10 times in a row');
});

test('#14 an endpoint that asks for ever more states is refused', async () => {
  let count = 0;
  const on = new RemoteStage(() => missing(...Array.from({ length: 150 }, () => declared(`state_${count++}`))));
  expect((await on.tell(typed('first'))).length).toBe(7);
  expect(on.refusal.message).toContain('more than 1000 states');
});

test.each([
  [declared(''), 'without a name'],
  [declared('count', { mode: 'after-write', afterMs: 0 }), 'expires after 0 ms'],
  [declared('count', { mode: 'after-invoke', afterMs: -1 }), 'expires after -1 ms'],
])('a declaration that makes no sense is refused: %j', async (state, reason) => {
  const on = new RemoteStage(() => missing(state));
  await on.tell(typed('first'));
  expect(on.refusal.message).toContain(reason);
});

test('the names of states are a space of their own', async () => {
  const odd = ['batch', '__proto__', 'values', 'constructor', '\0'].map((name) => declared(name));
  const on = new RemoteStage(program(odd, (view) => odd.forEach(({ name }) => view.set(name, `of ${name}`))));
  await on.tell(typed('first'));
  const [request] = await on.tell(typed('second'));
  expect(request.states.map(({ value }) => textOf(value))).toEqual(odd.map(({ name }) => `of ${name}`));
});

test('each type of a namespace has states of its own', async () => {
  const on = new RemoteStage((request) =>
    program(request.target.type === 'other/one' ? [COUNT] : [NAME], () => {})(request),
  );
  await on.tell(typed('first'), 'Kim', 'other/one');
  await on.tell(typed('first'), 'Kim', 'other/two');
  expect((await on.tell(typed('second'), 'Kim', 'other/one')).map(names)).toEqual([['count']]);
  expect((await on.tell(typed('second'), 'Kim', 'other/two')).map(names)).toEqual([['name']]);
});

test('states of very many types are not all remembered, and those that are forgotten are asked for again', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => declared(`state-${index}`));
  const on = new RemoteStage(program(many, (view) => view.set('state-7', `${view.get('state-7') ?? ''}x`)));
  const ask = async (type: string): Promise<number[]> =>
    (await on.tell(typed('hello'), 'Kim', type)).map(({ states }) => states.length);
  expect(await ask('other/first')).toEqual([0, 1_000]);
  for (let index = 0; index < 19; index++) await ask(`other/type-${index}`);
  expect(await ask('other/first')).toEqual([1_000]);
  expect(await ask('other/one-more')).toEqual([0, 1_000]);
  expect(await ask('other/one-more')).toEqual([1_000]);
  expect(await ask('other/first')).toEqual([0, 1_000]);
  expect(textOf(on.endpoint.requests.at(-1)?.states[7].value)).toBe('xx');
  expect(on.errors).toEqual([]);
});

test('an endpoint cannot make the states of an address more than they may be, but less', async () => {
  const states = ['one', 'two', 'six'].map((name) => declared(name));
  const on = new RemoteStage(
    program(states, (view, { argument }) => {
      const [name = '', length = ''] = (textOf(argument) ?? '').split(' ');
      view.set(name, length === '' ? undefined : 'x'.repeat(Number(length)));
    }),
  );
  on.endpoint.stateBytesMax = 1_000;
  for (const order of ['one 450', 'two 450', 'six 300']) await on.tell(typed(order));
  expect(on.refusal.code).toBe('REMOTE_RESPONSE_REFUSED');
  expect(on.refusal.message).toContain('its states would have 1239 bytes, more than the 1000 of stateBytesMax');
  expect(on.errors.length).toBe(1);
  await on.tell(typed('two'));
  await on.tell(typed('six 300'));
  expect(on.errors.length).toBe(1);
  on.endpoint.stateBytesMax = 10;
  await on.tell(typed('six 200'));
  const [request] = await on.tell(typed('six 201'));
  expect(request.states.map(({ value }) => value?.value?.length)).toEqual([450, undefined, 200]);
  expect(on.errors.length).toBe(2);
});
