/**
 * The endpoint example: as a process that a small model of a cluster calls over HTTP, and its module.yaml.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { greetings } from '../../examples/greeter/module.ts';
import { addToCartResults, receipts } from '../../examples/shopping-cart/module.ts';
import { readModuleText } from '../../src/remote/module-yaml.ts';
import { readKafkaRecord } from '../../src/statefun/egress-records.ts';
import { jsonType } from '../../src/statefun/types.ts';
import { typedValue } from '../../src/statefun/type.ts';
import { FlinkSide } from '../conformance/statefun/flink-side.ts';
import { ROOT } from '../tool.ts';
import { ExampleRun } from './example-run.ts';

const visit = (message: object) => typedValue(jsonType('greeter/message'), message);
const shopper = (message: object) => typedValue(jsonType('shop/shopper-message'), message);
const stock = (message: object) => typedValue(jsonType('shop/inventory-message'), message);

test('its module.yaml names what it serves and where its records go, and is understood', () => {
  const file = join(ROOT, 'examples/statefun-endpoint/module.yaml');
  const { description, warnings } = readModuleText(readFileSync(file, 'utf8'), file);
  expect(warnings).toEqual([]);
  expect(description.endpoints).toHaveLength(2);
  expect(description.egresses.map(({ id }) => id)).toEqual([greetings.type, addToCartResults.type, receipts.type]);
});

describe('the endpoint', () => {
  const run = new ExampleRun('examples/statefun-endpoint/main.ts', ['--port', '0']);
  let flink: FlinkSide;

  beforeAll(async () => {
    while (!run.stdout.endsWith('\n')) await sleep(10);
    const [, port] = /^Serving on port (\d+)\.$/m.exec(run.stdout) ?? [];
    flink = new FlinkSide(async (bytes) => {
      const response = await fetch(`http://127.0.0.1:${port}/statefun`, { method: 'POST', body: bytes.slice() });
      return { status: response.status, body: await response.bytes() };
    });
  });
  afterAll(() => run.signal('SIGKILL'));

  /** What has come to a topic, by key. */
  const topic = (name: string): unknown[] =>
    flink.egresses
      .map(({ argument }) => readKafkaRecord(argument))
      .filter(({ topic: of }) => of === name)
      .map(({ key, value }) => [key, JSON.parse(Buffer.from(value).toString())]);

  test('greets everybody, and counts', async () => {
    for (const id of ['Kim', 'Lou', 'Kim']) flink.send({ type: 'greeter/person', id }, visit({ kind: 'hello' }));
    await flink.settle();
    flink.send({ type: 'greeter/person', id: 'Kim' }, visit({ kind: 'hello' }));
    await flink.settle();
    const greetings = topic('greetings').map((record) => (record as unknown[])[1]);
    expect(greetings).toEqual([
      'Hello Kim, visit 1.',
      'Hello Kim, visit 2.',
      'Hello Lou, visit 1.',
      'Hello Kim, visit 3.',
    ]);
  });

  test('sells no more than there is', async () => {
    const socks = { type: 'shop/inventory', id: 'socks' };
    flink.send(socks, stock({ kind: 'Restock', quantity: 3 }));
    for (const id of ['Kim', 'Lou']) {
      flink.send({ type: 'shop/cart', id }, shopper({ kind: 'AddToCart', item: 'socks', quantity: 2 }));
    }
    await flink.settle();
    for (const id of ['Kim', 'Lou']) flink.send({ type: 'shop/cart', id }, shopper({ kind: 'Checkout' }));
    await flink.settle();
    const result = (cart: string, status: string) => [cart, { cart, item: 'socks', quantity: 2, status }];
    expect(topic('add-to-cart-results')).toEqual([result('Kim', 'reserved'), result('Lou', 'unavailable')]);
    expect(topic('receipts')).toEqual([
      ['Kim', { cart: 'Kim', items: { socks: 2 } }],
      ['Lou', { cart: 'Lou', items: {} }],
    ]);
  });

  test('ends when it is told to, and has said nothing but where it is', async () => {
    run.signal('SIGTERM');
    const { code, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
