/**
 * Subscribes a few customers and shows what becomes of their first invoices. What comes in days and months stays in the
 * data directory, and goes on when the program is started again:
 * `node examples/billing/main.ts [--directory PATH]`. In a project of your own, import from 'millrace'.
 */
import { parseArgs } from 'node:util';
import { startEngine } from '../../src/index.ts';
import { notices, subscription } from './module.ts';

const CUSTOMERS = ['Kim', 'Lou', 'broke-Bob'];

const { values } = parseArgs({ options: { directory: { type: 'string' } } });
const engine = await startEngine({
  module: new URL('./service.ts', import.meta.url),
  ...(values.directory === undefined ? {} : { directory: values.directory }),
});
try {
  engine.egress(notices, ({ customer, invoice, text }) => console.log(`${customer}: invoice ${invoice}, ${text}`));
  for (const customer of CUSTOMERS) await engine.send(subscription, customer, { kind: 'subscribe', price: 10 });
  await engine.drained();
} finally {
  await engine.stop();
}
