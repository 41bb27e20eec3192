/**
 * How everything in a bank stands: the states that the oracle knows exactly, and how often that has come about which only
 * some lives meet.
 */
import type { Engine, LatePolicy } from '../../src/index.ts';
import { chimeCounts, chimes, LATE_POLICIES } from './bank-chimes.ts';
import { carried } from './bank-ledger.ts';
import { account, type AccountState, lights } from './bank-module.ts';
import type { OfficeState } from './bank-office.ts';
import { OFFICES } from './bank-offices.ts';
import { busyPorters } from './bank-porter.ts';
import { skipped } from './bank-sexton.ts';

/** What must have happened in a run of kills, over all its worlds. */
const MEETINGS = [
  'carried over to the next version of the code',
  'lamps kept by looking',
  'echoes faded',
  'messages skipped',
  'all porters busy',
  'chimes rung',
  'chimes told by latest',
  'chimes told by skip',
] as const;
type Meeting = (typeof MEETINGS)[number];
export type Met = Readonly<Record<Meeting, number>>;

/** However slow the machine is. */
const PATIENT = { timeoutMs: 300_000 };

export interface StandingStates {
  readonly accounts: Readonly<Record<string, AccountState>>;
  /** By function type and account. */
  readonly offices: Readonly<Record<string, OfficeState>>;
  /** How often something was not as it must be, by their policy. */
  readonly chimes: Readonly<Record<string, number>>;
}

export const NOTHING_MET: Met = Object.fromEntries(MEETINGS.map((each) => [each, 0])) as Met;

export function addMet(one: Met, other: Met): Met {
  return Object.fromEntries(MEETINGS.map((each) => [each, one[each] + other[each]])) as Met;
}

/** All at once: each answer waits for a commit. */
export async function askStates(bank: Engine, ids: readonly string[]): Promise<StandingStates> {
  const accounts: Record<string, AccountState> = {};
  const offices: Record<string, OfficeState> = {};
  const faults: Record<string, number> = {};
  const askAccount = async (id: string): Promise<void> => {
    accounts[id] = await bank.ask(account, id, { question: 'state' }, PATIENT);
  };
  const askOffice = async (office: (typeof OFFICES)[number], id: string): Promise<void> => {
    offices[`${office.type} ${id}`] = await bank.ask<'state', OfficeState>(office, id, 'state', PATIENT);
  };
  const askChimes = async (policy: LatePolicy): Promise<void> => {
    faults[policy] = await bank.ask(chimes, policy, 'faults', PATIENT);
  };
  const asked = ids.flatMap((id) => [askAccount(id), ...OFFICES.map((office) => askOffice(office, id))]);
  await Promise.all([...asked, ...LATE_POLICIES.map(askChimes)]);
  return { accounts, offices, chimes: faults };
}

export async function askMet(bank: Engine, ids: readonly string[]): Promise<Met> {
  const met = (await Promise.all(ids.map((id) => askMetBy(bank, id)))).reduce(addMet, NOTHING_MET);
  const [all, latest, skip] = await Promise.all(
    LATE_POLICIES.map((policy) => bank.ask(chimeCounts, policy, 'met', PATIENT)),
  );
  const told = { 'chimes told by latest': latest?.[1] ?? 0, 'chimes told by skip': skip?.[1] ?? 0 };
  return { ...met, 'chimes rung': all?.[0] ?? 0, ...told };
}

async function askMetBy(bank: Engine, id: string): Promise<Met> {
  const [[kept, faded], carriedCount, skippedCount, busyCount] = await Promise.all([
    bank.ask(lights, id, { question: 'met' }, PATIENT),
    bank.ask(carried, id, 'carried', PATIENT),
    bank.ask(skipped, id, 'met', PATIENT),
    bank.ask(busyPorters, id, 'met', PATIENT),
  ]);
  return {
    ...NOTHING_MET,
    'carried over to the next version of the code': carriedCount,
    'lamps kept by looking': kept,
    'echoes faded': faded,
    'messages skipped': skippedCount,
    'all porters busy': busyCount,
  };
}
