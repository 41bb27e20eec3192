/** What StateFun's ingresses make of a record, and what they refuse. */
import { describe, expect, test } from 'vitest';
import { defineFunction, defineModule, value } from '../../../src/index.ts';
import type { IngressDescription } from '../../../src/remote/module-description.ts';
import { routeRecord } from '../../../src/remote/record-routing.ts';
import { ingressOf, routerOf } from '../../../src/remote/yaml-ingress.ts';
import { testEngine } from '../../../src/testing/index.ts';

const ROUTES = [{ from: 'orders', valueType: 'shop/Order', targets: ['shop/cart', 'shop/stock'] }];
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe('#39 a Kafka ingress with two targets', () => {
  test('#39 sends two messages with the type name of the topic and the bytes as they are', () => {
    const value = bytes(10, 2, 104, 105);
    expect(routeRecord(ROUTES, 'orders', { key: bytes(75, 105, 109), value })).toEqual({
      messages: [
        { target: 'shop/cart', id: 'Kim', message: { typename: 'shop/Order', value } },
        { target: 'shop/stock', id: 'Kim', message: { typename: 'shop/Order', value } },
      ],
    });
  });

  test.each([
    ['no key', { value: 'x' }, 'has no key, which is its id'],
    ['a null key', { key: null, value: 'x' }, 'has no key, which is its id'],
    ['an empty key', { key: '', value: 'x' }, 'is no id: ""'],
    ['a key that is too long', { key: 'k'.repeat(1025), value: 'x' }, 'is no id'],
    ['a key that is no text', { key: 7 as never, value: 'x' }, 'is no id: 7'],
    ['a null value, a tombstone', { key: 'Kim', value: null }, 'has no value'],
  ])('#39 refuses a record with %s', (_, record, refusal) => {
    const routed = routeRecord(ROUTES, 'orders', record);
    expect(routed.refusal).toContain(refusal);
    expect('messages' in routed).toBe(false);
  });

  test('#39 refuses a record of a topic without a target', () => {
    expect(routeRecord(ROUTES, 'returns', { key: 'Kim', value: 'x' }).refusal).toBe('no target is bound to "returns"');
  });

  test('a key that begins with a byte order mark keeps it', () => {
    const routed = routeRecord(ROUTES, 'orders', { key: bytes(0xef, 0xbb, 0xbf, 97), value: '' });
    expect(routed).toMatchObject({ messages: [{ id: '\uFEFFa' }, { id: '\uFEFFa' }] });
  });

  test('text stands for its bytes, anything else for its JSON', () => {
    const valueOf = (value: unknown): string => {
      const routed = routeRecord(ROUTES, 'orders', { key: 'Kim', value });
      const [first] = routed.refusal === undefined ? routed.messages : [];
      return new TextDecoder('utf-8', { fatal: true }).decode(first?.message.value ?? bytes(0xff));
    };
    expect([valueOf('grüße'), valueOf(''), valueOf({ total: 7 }), valueOf(7), valueOf(false)]).toEqual([
      'grüße',
      '',
      '{"total":7}',
      '7',
      'false',
    ]);
  });
});

describe.each([
  ['io.statefun.kafka.v1/ingress', 'topic'],
  ['io.statefun.kinesis.v1/ingress', 'stream'],
] as const)('#39 in an engine, for %s', (kind, from) => {
  const description = { kind, id: 'shop/orders', routes: ROUTES } as unknown as IngressDescription;
  const target = (type: string) =>
    defineFunction({
      type,
      state: { got: value<unknown[]>() },
      invoke(ctx, message: unknown) {
        ctx.state.got = [...(ctx.state.got ?? []), message, ctx.caller];
      },
    });
  const start = () =>
    testEngine(
      defineModule({
        functions: [target('shop/cart'), target('shop/stock')],
        ingresses: [ingressOf(description, undefined)],
        routers: [routerOf(description)],
      }),
    );

  test('#39 each target gets a record, from nobody', async () => {
    await using engine = await start();
    await engine.feed('shop/orders', { [from]: 'orders', key: 'Kim', value: 'a' });
    const message = { typename: 'shop/Order', value: bytes(97) };
    for (const type of ['shop/cart', 'shop/stock']) {
      expect(engine.state({ type, id: 'Kim' })).toMatchObject({ got: [message, undefined] });
    }
  });

  test.each([
    { [from]: 'orders', value: 'b' },
    { [from]: 'elsewhere', key: 'Kim', value: 'c' },
    { key: 'Kim', value: 'c' },
    null,
    'orders',
  ])('#39 the record %j is an error of its own', async (record) => {
    await using engine = await start();
    await expect(engine.feed('shop/orders', record)).rejects.toMatchObject({
      code: 'ROUTER_FAILED',
      details: { ingress: 'shop/orders' },
      cause: { code: 'MALFORMED_RECORD', details: { ingress: 'shop/orders' } },
    });
    await engine.feed('shop/orders', { [from]: 'orders', key: 'Ann', value: 'd' });
    expect(engine.state({ type: 'shop/cart', id: 'Ann' })).toBeDefined();
  });
});
