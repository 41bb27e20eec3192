/**
 * One data directory and what must be in it: every transfer that was ever handed out, by file or by clients, and who has
 * been told that it is committed. The oracle is this plain model; a bank that has finished must agree with it exactly.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Prng } from '../../src/base/prng.ts';
import type { Target } from '../smoke/command-tree.ts';
import { expectedForest, treesOf } from './bank-forest.ts';
import { ACCOUNTS, expectedStates } from './bank-model.ts';
import type { Transfer } from './bank-module.ts';
import type { BankStates } from './bank-process.ts';
import { BankSavepoints } from './bank-savepoints.ts';
import { isTraceparentOf, type TracedArrival } from './bank-traces.ts';
import { INPUT_NAME, OUTPUT_NAME } from './call-plan.ts';

/** All that were not removed. */
const worlds = new Set<BankWorld>();

/** For a program that ends itself; whatever was to be seen in them is lost. */
export function removeAllWorlds(): void {
  for (const world of worlds) world.remove();
}

export class BankWorld {
  readonly folder: string;
  readonly savepoints: BankSavepoints;
  /** Transfers of clients that are not known to be committed; they are tried again in every life. */
  readonly open: Map<string, Transfer> = new Map();
  committedCount = 0;
  /** Acknowledged, and not in the output. */
  lostCount = 0;
  /** More than once in the output. */
  duplicatedCount = 0;
  /** Of the output, whose trace was to be told. */
  tracedCount = 0;
  readonly #prng: Prng;
  readonly #all = new Map<string, Transfer>();
  readonly #committed = new Set<string>();

  constructor(folder: string, inputCount: number, prng: Prng) {
    this.folder = folder;
    this.savepoints = new BankSavepoints(folder);
    this.#prng = prng;
    mkdirSync(folder, { recursive: true });
    worlds.add(this);
    const input = Array.from({ length: inputCount }, (_, index) => this.#newTransfer(`file-${index}`));
    writeFileSync(join(folder, INPUT_NAME), input.map((transfer) => `${JSON.stringify(transfer)}\n`).join(''));
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

  /** Who has a part in the trees that were planted. */
  get trees(): readonly Target[] {
    return treesOf(this.#all.values());
  }

  /** The bank has told the client so. */
  committed(id: string): void {
    this.open.delete(id);
    this.#committed.add(id);
    this.savepoints.committed(id);
    this.committedCount = this.#committed.size;
  }

  /** The next life begins a new data directory with the last savepoint. */
  goBackToSavepoint(): void {
    for (const id of this.savepoints.takeUp()) {
      const transfer = this.#all.get(id);
      if (transfer !== undefined) this.open.set(id, transfer);
      this.#committed.delete(id);
    }
    this.committedCount = this.#committed.size;
  }

  /** Another world that stands as this one does, in a folder of its own; no process may run in this one. */
  copy(folder: string, prng: Prng): BankWorld {
    const copy = new BankWorld(folder, 0, prng);
    cpSync(this.folder, folder, { recursive: true });
    for (const [id, transfer] of this.#all) copy.#all.set(id, transfer);
    for (const [id, transfer] of this.open) copy.open.set(id, transfer);
    for (const id of this.#committed) copy.#committed.add(id);
    copy.committedCount = this.committedCount;
    copy.savepoints.goOnFrom(this.savepoints);
    return copy;
  }

  /** What must hold at any moment, between two lives as well. */
  checkOutput(): string[] {
    const complaints: string[] = [];
    const seen = new Set<string>();
    for (const arrival of this.#arrivals()) {
      const { id, traceparent } = arrival;
      if (!isTraceparentOf(arrival, traceparent)) complaints.push(`${id} has arrived with the trace ${traceparent}`);
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
  checkEnd(states: BankStates | undefined): string[] {
    const complaints = this.checkOutput();
    const arrivals = this.#arrivals();
    this.tracedCount = arrivals.filter(({ traceparent }) => traceparent !== undefined).length;
    const { accounts, offices } = expectedStates(this.#all.values(), arrivals);
    for (const [id, state] of accounts) complaints.push(...differences(id, states?.accounts[id], state));
    for (const [name, state] of offices) complaints.push(...differences(name, states?.offices[name], state));
    complaints.push(...differences('the forest', states?.forest, expectedForest(this.#all.values())));
    complaints.push(...differences('the faults of chimes', states?.chimes, { all: 0, latest: 0, skip: 0 }));
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
  #arrivals(): TracedArrival[] {
    const path = join(this.folder, OUTPUT_NAME);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as TracedArrival);
  }

  remove(): void {
    worlds.delete(this);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Whatever the order of their keys. */
function differences(name: string, found: unknown, expected: unknown): string[] {
  if (isDeepStrictEqual(found, expected)) return [];
  return [`${name} is ${JSON.stringify(found)} and should be ${JSON.stringify(expected)}`];
}
