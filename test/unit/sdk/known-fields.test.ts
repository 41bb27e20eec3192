/**
 * What plain JavaScript writes down and nobody would read: misspelt fields, and what is no object at all. Each is refused
 * where it stands, with the fields that there are.
 */
import { describe, expect, test } from 'vitest';
import {
  defineEgress,
  defineFunction,
  defineIngress,
  defineModule,
  defineRouter,
  functionType,
  list,
  table,
  value,
} from '../../../src/index.ts';
import { httpEndpoint, remoteFunction } from '../../../src/remote/index.ts';
import { testEngine } from '../../../src/testing/index.ts';
import { Refusal, smallSchema } from '../../small-schema.ts';

const invoke = (): void => {};
const route = invoke;
const define = (fields: object): unknown => defineFunction({ type: 'a/b', invoke, ...fields });
const [fn, out] = [defineFunction({ type: 'a/one', invoke }), defineEgress({ type: 'a/out' })];

describe('a field that there is not', () => {
  const wrong: [string, (name: string) => unknown, RegExp][] = [
    ['failur', (name) => define({ [name]: {} }), /^The definition of the function "a\/b" has .* are type, state, fail/],
    [
      'concurency',
      (name) => defineFunction({ type: functionType('a/b'), invoke, [name]: 1 }),
      /the function "a\/b" has/,
    ],
    ['tpye', (name) => defineFunction({ [name]: 'a/b', invoke } as never), /^The definition of this function has no /],
    ['deadlineMs', (name) => define({ [name]: 5 }), /are .* deadline, messages, invoke\./],
    [
      'kind',
      (name) => define({ [name]: 'module' }),
      /are type, state, failure, concurrency, deadline, messages, invoke\./,
    ],
    [
      'atempts',
      (name) => define({ failure: { [name]: 5 } }),
      /^a\/b: failure has .* are attempts, backoff, otherwise, pa/,
    ],
    [
      'initalMs',
      (name) => define({ failure: { backoff: { [name]: 5 } } }),
      /^a\/b: failure\.backoff has .* are initialMs, /,
    ],
    [
      'inital',
      (name) => value({ [name]: 0 } as never),
      /^The argument of value\(\) has .* are initial, schema, version, /,
    ],
    [
      'expires',
      (name) => table({ [name]: { after: 5 } } as never),
      /^The argument of table\(\) has .* are initial, schema/,
    ],
    [
      'initial',
      (name) => list({ [name]: [] } as never),
      /^The argument of list\(\) has .* are schema, version, migrate, e/,
    ],
    [
      'form',
      (name) => value({ expire: { after: 5, [name]: 'access' } }),
      /^value\(\): expire has .* are after, since\./,
    ],
    [
      'form',
      (name) => table({ expire: { after: 5, [name]: 'access' } }),
      /^table\(\): expire has .* are after, since\./,
    ],
    ['form', (name) => list({ expire: { after: 5, [name]: 'access' } }), /^list\(\): expire has .* are after, since\./],
    [
      'function',
      (name) => defineModule({ [name]: [fn] }),
      /^The definition of this module has .* are functions, ingress/,
    ],
    [
      'soruce',
      (name) => defineIngress({ type: 'a/b', [name]: {} }),
      /^The definition of the ingress "a\/b" has .* are type, s/,
    ],
    [
      'rout',
      (name) => defineRouter({ ingress: 'a/b', route, [name]: 1 }),
      /^The definition of this router has .* are ingress/,
    ],
    [
      'sinks',
      (name) => defineEgress({ type: 'a/b', [name]: {} }),
      /^The definition of the egress "a\/b" has .* are type, sink/,
    ],
  ];

  test.each(wrong)('%s is refused', (field, attempt, message) => {
    const tried = (): unknown => attempt(field);
    expect(tried).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION', details: { field } }));
    expect(tried).toThrow(`has no field "${field}"; its fields are `);
    expect(tried).toThrow(message);
    expect(tried).toThrow(/Nothing was defined\.$/);
  });

  test('without a value is none', () => {
    expect(define({ failur: undefined, failure: { atempts: undefined } })).toMatchObject({ failure: { attempts: 1 } });
    expect(value({ inital: undefined } as never)).toMatchObject({ initial: undefined });
  });

  test('a definition may be spread into one of its kind', () => {
    const again = defineFunction({ ...fn, type: 'a/two', failure: { attempts: 5 } } as never);
    const [inlet, router] = [defineIngress({ type: 'a/in' }), defineRouter({ ingress: 'a/in', route })];
    expect(again).toMatchObject({ type: 'a/two', failure: { attempts: 5 } });
    expect(defineModule({ ...defineModule({ functions: [again] }), egresses: [out] }).functions).toEqual([again]);
    expect(defineEgress({ ...out, type: 'a/more' } as never).type).toBe('a/more');
    expect(defineIngress({ ...inlet, type: 'a/more' } as never).type).toBe('a/more');
    expect(defineRouter({ ...router, ingress: 'a/more' }).ingress).toBe('a/more');
  });
});

describe('what a function keeps when it is spread into another', () => {
  test('its bounds, unless there are others', () => {
    const bounded = defineFunction({ type: 'a/b', concurrency: 3, deadline: '5 s', invoke: () => {} });
    const again = defineFunction({ ...bounded, type: 'a/c' } as never);
    const hurried = defineFunction({ ...bounded, type: 'a/d', deadline: '1 s' } as never);
    expect([again, hurried]).toMatchObject([
      { concurrency: 3, deadlineMs: 5_000 },
      { concurrency: 3, deadlineMs: 1_000 },
    ]);
  });

  test.each([false, true])('its schema, which is asked once (async: %s)', async (isAsync) => {
    const got: unknown[] = [];
    const take = (_ctx: unknown, message: Date): void => void got.push(message.getTime());
    const dated = defineFunction({
      type: 'a/b',
      messages: smallSchema<Date, string>((text) =>
        typeof text === 'string' ? new Date(text) : new Refusal('no text'),
      ),
      invoke: isAsync ? async (ctx, message) => await Promise.resolve(take(ctx, message)) : take,
    });
    const again = defineFunction({ ...dated, type: 'a/c' } as never);
    const t = await testEngine(defineModule({ functions: [dated, again] }));
    await t.send('a/b', 'Kim', '2026-01-01');
    await t.send('a/c', 'Kim', '2026-01-02');
    expect(got).toEqual([Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)]);
    await expect(t.send('a/c', 'Kim', 5)).rejects.toMatchObject({ code: 'MESSAGE_INVALID', details: { type: 'a/c' } });
  });
});

test('a remote function is refused the same way', () => {
  const endpoint = httpEndpoint({ url: 'http://127.0.0.1:8000' });
  const remote = (fields: object): unknown => remoteFunction({ type: 'a/b', endpoint, ...fields });
  expect(remote({ failure: { attempts: 5 } })).toMatchObject({ failure: { attempts: 5 } });
  for (const field of ['failur', 'concurrency', 'state', 'batchCountMx']) {
    expect(() => remote({ [field]: {} })).toThrow(
      `The definition of the function "a/b" has no field "${field}"; its fields are type, endpoint, batchCountMax, `,
    );
  }
  expect(() => remote({ failure: { atempts: 5 } })).toThrow('a/b: failure has no field "atempts"');
  expect(() => (remoteFunction as () => unknown)()).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
});

describe('what is no object, or no list', () => {
  const makers: [string, (given: never) => unknown][] = [
    ['The definition of this function must be an object with the fields type, ', (given) => defineFunction(given)],
    ['The definition of this module must be an object with the fields functions, ', (given) => defineModule(given)],
    ['The definition of this ingress must be an object with the fields type, ', (given) => defineIngress(given)],
    ['The definition of this router must be an object with the fields ingress, ', (given) => defineRouter(given)],
    ['The definition of this egress must be an object with the fields type, ', (given) => defineEgress(given)],
  ];
  const parts: [string, (given: never) => unknown][] = [
    ['a/b: state must be an object with specs such as value(), ', (state) => define({ state })],
    ['a/b: failure must be an object with the fields attempts, ', (failure) => define({ failure })],
    [
      'a/b: failure.backoff must be an object with the fields initialMs, ',
      (backoff) => define({ failure: { backoff } }),
    ],
    ['The argument of value() must be an object with the fields initial, ', (given) => value(given)],
    ['The argument of table() must be an object with the fields initial, ', (given) => table(given)],
    ['The argument of list() must be an object with the fields schema, ', (given) => list(given)],
    ['value(): expire must be an object with the fields after, ', (expire) => value({ expire })],
    ['value(): migrate must be an object with a function for each older version, ', (migrate) => value({ migrate })],
  ];
  const given: [unknown, string][] = [
    [null, 'not null.'],
    [5, 'not 5.'],
    ['a/b', 'not "a/b".'],
    [false, 'not false.'],
    [invoke, 'not a function (invoke).'],
    [[], 'not an array of 0.'],
  ];

  test.each([...makers, ...parts])('%s is refused', (text, attempt) => {
    for (const [what, end] of given) {
      expect(() => attempt(what as never)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
      expect(() => attempt(what as never)).toThrow(text);
      expect(() => attempt(what as never)).toThrow(end);
    }
  });

  test.each(makers)('%s also without any argument', (text, attempt) => {
    const tried = (): unknown => (attempt as () => unknown)();
    expect(tried).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
    expect(tried).toThrow(text);
    expect(tried).toThrow('not undefined.');
  });

  test.each(['functions', 'ingresses', 'routers', 'egresses', 'modules'])('%s of a module must be a list', (name) => {
    for (const what of [5, {}, fn, 'a/b']) {
      const tried = (): unknown => defineModule({ [name]: what });
      expect(tried).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
      expect(tried).toThrow(`A module's ${name} must be a list, not `);
    }
  });

  test.each([null, undefined, 5, {}, fn])('%j is no module of a module', (what) => {
    const tried = (): unknown => defineModule({ modules: [what as never] });
    expect(tried).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
    expect(tried).toThrow(`A module's modules must hold module definitions, not `);
  });
});
