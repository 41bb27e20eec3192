/**
 * Definitions and their checks: what is refused, with which code, and that what is accepted can be relied upon.
 */
import { describe, expect, test } from 'vitest';
import {
  defineEgress,
  defineFunction,
  defineIngress,
  defineModule,
  defineRouter,
  egressType,
  functionType,
  ingressType,
  value,
} from '../../../src/index.ts';

const invoke = (): void => {};

describe('a type name', () => {
  const bad = [
    '',
    '/',
    'a',
    'a/',
    '/b',
    'a/b/c',
    '//',
    'a//b',
    `${'x'.repeat(254)}/bb`,
    7,
    null,
    undefined,
    {},
    ['a/b'],
    '\ud800/a',
  ];

  test.each(bad)('%j is refused wherever one is named', (type) => {
    const given = type as string;
    for (const define of [
      () => functionType(given),
      () => ingressType(given),
      () => egressType(given),
      () => defineFunction({ type: given, invoke }),
      () => defineEgress({ type: given }),
      () => defineIngress({ type: given }),
      () => defineRouter({ ingress: given, route: invoke }),
    ]) {
      expect(define).toThrow(expect.objectContaining({ code: 'INVALID_TYPE_NAME' }));
      expect(define).toThrow(/is not of the form "namespace\/name": exactly one slash, both halves non-empty/);
    }
  });

  test.each(['a/b', 'com.example.shop/cart', ' / ', '号/🐎', `${'x'.repeat(253)}/bb`])('%j is accepted', (type) => {
    expect(functionType(type).type).toBe(type);
    expect(defineFunction({ type: functionType(type), invoke }).type).toBe(type);
    expect(defineEgress({ type: defineEgress({ type }) }).type).toBe(type);
    expect(defineEgress({ type: egressType(type) }).type).toBe(type);
    expect(defineIngress({ type: ingressType(type) }).type).toBe(type);
    expect(defineRouter({ ingress: ingressType(type), route: invoke }).ingress).toBe(type);
  });
});

describe('a definition', () => {
  test.each([
    [
      'without invoke',
      () => defineFunction({ type: 'a/b' } as never),
      /a\/b: invoke must be a function, not undefined/,
    ],
    [
      'with a state that is no spec',
      () => defineFunction({ type: 'a/b', state: { x: 1 as never }, invoke }),
      /state "x" must be a spec/,
    ],
    [
      'with a state that is null',
      () => defineFunction({ type: 'a/b', state: { x: null as never }, invoke }),
      /state "x" must be a spec/,
    ],
    [
      'of a router without route',
      () => defineRouter({ ingress: 'a/b' } as never),
      /route must be a function, not undefined/,
    ],
    [
      'of an ingress whose source does not read',
      () => defineIngress({ type: 'a/b', source: 'orders.ndjson' as never }),
      /source must have a function read, .* it is "orders\.ndjson"/,
    ],
    [
      'of an egress whose sink does not write',
      () => defineEgress({ type: 'a/b', sink: null as never }),
      /sink must have a function write, .* it is null/,
    ],
    [
      'of a module with something else in it',
      () => defineModule({ functions: [invoke] } as never),
      /^A module's functions must hold function definitions, not /,
    ],
    [
      'of a module with an egress for a function',
      () => defineModule({ functions: [defineEgress({ type: 'a/b' })] } as never),
      /functions must hold function definitions, not an object/,
    ],
    [
      'of a module with a token for an ingress',
      () => defineModule({ ingresses: [ingressType('a/b')] } as never),
      /ingresses must hold ingress definitions, not an object/,
    ],
    [
      'of a module with a token for an egress',
      () => defineModule({ egresses: [egressType('a/b')] } as never),
      /egresses must hold egress definitions, not an object/,
    ],
    [
      'of a module with a hole',
      () => defineModule({ egresses: [undefined] } as never),
      /egresses must hold egress definitions, not undefined/,
    ],
  ])('%s is refused', (_, define, message) => {
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
    expect(define).toThrow(message);
  });

  test('is frozen: threads rely on finding the same', () => {
    const fn = defineFunction({ type: 'a/b', state: { x: value<number>() }, invoke });
    const module = defineModule({ functions: [fn] });
    const tokens = [functionType('a/b'), ingressType('a/b'), egressType('a/b')];
    for (const definition of [fn, module, defineEgress({ type: 'a/b' }), ...tokens]) {
      expect(Object.isFrozen(definition)).toBe(true);
    }
  });
});

describe('a module', () => {
  const [one, two] = [defineFunction({ type: 'a/one', invoke }), defineFunction({ type: 'a/two', invoke })];
  const [out, more] = [defineEgress({ type: 'a/out' }), defineEgress({ type: 'a/more' })];

  test('holds several bundles side by side, in their order', () => {
    const inner = defineModule({ functions: [two], egresses: [more] });
    const outer = defineModule({ functions: [one], egresses: [out], modules: [inner, defineModule({})] });
    expect(outer.functions).toEqual([one, two]);
    expect(outer.egresses).toEqual([out, more]);
  });

  test.each([
    [
      'functions',
      () => defineModule({ functions: [one, defineFunction({ type: 'a/one', invoke })] }),
      /Two function definitions are named "a\/one"/,
    ],
    ['egresses', () => defineModule({ egresses: [out, out] }), /Two egress definitions are named "a\/out"/],
    [
      'ingresses',
      () => defineModule({ ingresses: [defineIngress({ type: 'a/in' }), defineIngress({ type: 'a/in' })] }),
      /Two ingress definitions/,
    ],
    [
      'functions of two bundles',
      () => defineModule({ functions: [one], modules: [defineModule({ functions: [one] })] }),
      /"a\/one"/,
    ],
  ])('refuses %s of the same name', (_, define, message) => {
    expect(define).toThrow(expect.objectContaining({ code: 'DUPLICATE_TYPE' }));
    expect(define).toThrow(message);
  });

  test('may use one name for a function and an egress', () => {
    const module = defineModule({ functions: [one], egresses: [defineEgress({ type: 'a/one' })] });
    expect([module.functions.length, module.egresses.length]).toEqual([1, 1]);
  });
});
