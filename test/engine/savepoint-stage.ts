/**
 * Engines over the bank, in folders of their own, for tests of savepoints.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import { type Engine, type EngineOptions, type MillraceError, startEngine } from '../../src/index.ts';
import { ACCOUNT_COUNT, account } from './savepoint-bank.ts';

export const BANK_MODULE = new URL('./savepoint-bank.ts', import.meta.url);

export type Entry = 'millrace' | 'native-free';

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-savepoint-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An engine that does not outlive the test; errors that nobody waits for are collected. */
export async function openBank(
  entry: Entry,
  directory: string,
  options: Partial<EngineOptions> = {},
): Promise<{ engine: Engine; errors: MillraceError[] }> {
  const start = entry === 'millrace' ? startEngine : startNativeFree;
  const engine = await start({ module: BANK_MODULE, shardCount: 2, directory, ...options });
  onTestFinished(async () => {
    await engine.stop({ force: true }).catch(() => {});
  });
  const errors: MillraceError[] = [];
  engine.on('error', (error) => void errors.push(error));
  return { engine, errors };
}

/** Sends walkers off; each carries 10 and goes so many hops before it lays it down. */
export async function walk(engine: Engine, count: number, hops: number): Promise<void> {
  const sent: Promise<void>[] = [];
  for (let seed = 0; seed < count; seed++) {
    sent.push(engine.send(account, `account-${seed % ACCOUNT_COUNT}`, { amount: 10, hops, seed }));
  }
  await Promise.all(sent);
}

/** What all accounts hold together, or how often they were visited. */
export async function total(engine: Engine, what: 'balance' | 'visits' = 'balance'): Promise<number> {
  const asked: Promise<number>[] = [];
  for (let number = 0; number < ACCOUNT_COUNT; number++) {
    asked.push(engine.ask(account, `account-${number}`, what, { until: 'processed' }) as Promise<number>);
  }
  return (await Promise.all(asked)).reduce((sum, balance) => sum + balance, 0);
}
