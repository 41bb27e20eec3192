/**
 * The model of the bank: how all accounts and offices must stand when every transfer is done, once. Only the order in
 * which transfers came to an account is not for the model to say; the output file says it.
 */
import {
  type AccountState,
  type Arrival,
  isReminded,
  LOG_LENGTH_KEPT,
  LOG_LENGTH_MAX,
  type Transfer,
} from './bank-module.ts';
import { claims, isHopeless, register } from './bank-claims.ts';
import { NOTHING_DONE, type OfficeState, withOne } from './bank-office.ts';
import { OFFICES, officeOf } from './bank-offices.ts';

const ACCOUNT_COUNT = 16;
export const ACCOUNTS: readonly string[] = Array.from({ length: ACCOUNT_COUNT }, (_, index) => `account-${index}`);

export interface ExpectedStates {
  readonly accounts: ReadonlyMap<string, AccountState>;
  /** By function type and account. */
  readonly offices: ReadonlyMap<string, OfficeState>;
}

type Mutable<State> = { -readonly [Name in keyof State]: State[Name] };

export function expectedStates(transfers: Iterable<Transfer>, arrivals: readonly Arrival[]): ExpectedStates {
  const accounts = new Map(ACCOUNTS.map((id) => [id, newAccount()]));
  const offices = new Map<string, OfficeState>();
  for (const id of ACCOUNTS) for (const { type } of OFFICES) offices.set(`${type} ${id}`, NOTHING_DONE);
  for (const transfer of transfers) {
    const { from, to, amount } = transfer;
    const [payer, payee] = [accounts.get(from), accounts.get(to)];
    if (payer === undefined || payee === undefined) throw new Error('a transfer is between accounts of the world');
    payer.balance -= amount;
    payee.balance += amount;
    payee.arrivalCount++;
    payee.received = { ...payee.received, [from]: (payee.received[from] ?? 0) + amount };
    if (isReminded(transfer)) payee.remindedCount++;
    addToOffices(offices, transfer);
  }
  for (const { id, to } of arrivals) {
    const payee = accounts.get(to);
    if (payee !== undefined) payee.log = withLogged(payee.log, id);
  }
  return { accounts, offices };
}

/** Each claim has been one dead letter, whatever became of it. */
function addToOffices(offices: Map<string, OfficeState>, transfer: Transfer): void {
  const { to, amount } = transfer;
  const office = officeOf(amount);
  const add = (type: string, counted: number): void => {
    const name = `${type} ${to}`;
    offices.set(name, withOne(offices.get(name) ?? NOTHING_DONE, { ...transfer, amount: counted, count: 0 }));
  };
  if (office === claims) add(register.type, 0);
  if (office !== undefined && !(office === claims && isHopeless(amount))) add(office.type, amount);
}

function newAccount(): Mutable<AccountState> {
  return { balance: 0, arrivalCount: 0, received: {}, log: [], remindedCount: 0, faults: [], restCount: 0 };
}

function withLogged(log: readonly string[], id: string): string[] {
  const all = [...log, id];
  return all.length > LOG_LENGTH_MAX ? all.slice(-LOG_LENGTH_KEPT) : all;
}
