/**
 * One data directory and what must be in it: every transfer that was ever handed out, by file or by clients, and who has
 * been told that it is committed. The oracle is this plain model; a bank that has finished must agree with it exactly.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prng } from '../../src/base/prng.ts';
import type { AccountState, Arrival, Transfer } from './bank-module.ts';

const ACCOUNT_COUNT = 16;
export const ACCOUNTS: readonly string[] = Array.from({ length: ACCOUNT_COUNT }, (_, index) => `account-${index}`);

export class BankWorld {
  readonly folder: string;
  /** Transfers of clients that are not known to be committed; they are tried again in every life. */
  readonly open: Map<string, Transfer> = new Map();
  committedCount = 0;
  /** Acknowledged, and not in the output. */
  lostCount = 0;
  /** More than once in the output. */
  duplicatedCount = 0;
  readonly #prng: Prng;
  readonly #all = new Map<string, Transfer>();
  readonly #committed = new Set<string>();

  constructor(folder: string, inputCount: number, prng: Prng) {
    this.folder = folder;
    this.#prng = prng;
    mkdirSync(folder, { recursive: true });
    const input = Array.from({ length: inputCount }, (_, index) => this.#newTransfer(`file-${index}`));
    writeFileSync(join(folder, 'input.ndjson'), input.map((transfer) => `${JSON.stringify(transfer)}\n`).join(''));
  }

  /** A client wants this. */
  newTransfer(): Transfer {
    const transfer = this.#newTransfer(`client-${this.#all.size}`);
    this.open.set(transfer.id, transfer);
    return transfer;
  }

  #newTransfer(id: string): Transfer {
    const transfer = {
      id,
      from: this.#prng.pick(ACCOUNTS),
      to: this.#prng.pick(ACCOUNTS),
      amount: this.#prng.below(64),
    };
    this.#all.set(id, transfer);
    return transfer;
  }

  /** The bank has told the client so. */
  committed(id: string): void {
    this.open.delete(id);
    this.#committed.add(id);
    this.committedCount = this.#committed.size;
  }

  /** What must hold at any moment, between two lives as well. */
  checkOutput(): string[] {
    const complaints: string[] = [];
    const seen = new Set<string>();
    for (const { id } of this.#arrivals()) {
      if (seen.has(id)) {
        this.duplicatedCount++;
        complaints.push(`${id} has arrived twice`);
      }
      if (!this.#all.has(id)) complaints.push(`${id} has arrived, and nobody has sent it`);
      seen.add(id);
    }
    return complaints;
  }

  /** What must hold when everything is done. */
  checkEnd(states: Readonly<Record<string, AccountState>>): string[] {
    const complaints = this.checkOutput();
    const expected = new Map(ACCOUNTS.map((id) => [id, { balance: 0, arrivalCount: 0 }]));
    for (const { from, to, amount } of this.#all.values()) {
      const [payer, payee] = [expected.get(from), expected.get(to)];
      if (payer === undefined || payee === undefined) throw new Error('a transfer is between accounts of the world');
      payer.balance -= amount;
      payee.balance += amount;
      payee.arrivalCount++;
    }
    for (const [id, state] of expected) {
      if (JSON.stringify(states[id]) === JSON.stringify(state)) continue;
      complaints.push(`${id} is ${JSON.stringify(states[id])} and should be ${JSON.stringify(state)}`);
    }
    return [...complaints, ...this.#checkArrivals()];
  }

  #checkArrivals(): string[] {
    const complaints: string[] = [];
    const counts = new Map<string, number>();
    const missing = new Map(this.#all);
    for (const { id, from, to, amount, count } of this.#arrivals()) {
      const sent = this.#all.get(id);
      if (sent !== undefined && (sent.from !== from || sent.to !== to || sent.amount !== amount)) {
        complaints.push(`${id} has arrived as something else`);
      }
      missing.delete(id);
      counts.set(to, (counts.get(to) ?? 0) + 1);
      if (counts.get(to) !== count)
        complaints.push(`${id} is number ${count} of ${to} and ${counts.get(to)} in the file`);
    }
    for (const id of missing.keys()) {
      if (this.#committed.has(id)) this.lostCount++;
      complaints.push(`${id} has not arrived${this.#committed.has(id) ? ', although it was committed' : ''}`);
    }
    return complaints;
  }

  /** The output, but for a line that is being written. */
  #arrivals(): Arrival[] {
    const path = join(this.folder, 'output.ndjson');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Arrival);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
