/**
 * The module as it runs: with a pretended payment provider, which declines the cards of customers whose name says so and
 * never charges an invoice twice. Every thread loads this file.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { billingModule } from './module.ts';

const DELAY_MS = 5;

export default billingModule(async (invoice) => {
  await sleep(DELAY_MS);
  return invoice.startsWith('broke') ? 'declined' : 'paid';
});
