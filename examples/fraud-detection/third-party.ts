/**
 * A pretended third party that knows how doubtful merchants are: slow, as such services are, and always of one opinion.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const DELAY_MS = 5;

export function scoreOf(merchant: string): number {
  return merchant.startsWith('shady') ? 90 : 10;
}

export async function lookUpMerchant(merchant: string): Promise<number> {
  await sleep(DELAY_MS);
  return scoreOf(merchant);
}
