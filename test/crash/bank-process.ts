/**
 * The process that is killed: a bank with transfers from a file and from clients on the other end of IPC, and with a file
 * of arrivals. It knows nothing of what will happen to it. Whenever it starts, what
 * has failed in earlier lives is tried again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, MillraceError } from '../../src/index.ts';
import type { Target } from '../smoke/command-tree.ts';
import { ORDERED, STUMBLED } from '../smoke/tree-messages.ts';
import { account, type Transfer } from './bank-module.ts';
import { chimes, LATE_POLICIES } from './bank-chimes.ts';
import { HOPELESS, mendClaims, UNCLEAR } from './bank-claims.ts';
import type { Deed } from './bank-deeds.ts';
import { type BankOptions, startBank } from './bank-engine.ts';
import { askForest, type ForestState } from './bank-forest.ts';
import { ordeal, REFUSED } from './bank-office.ts';
import { endWithParent, leaveParent } from './bank-parent.ts';
import { askMet, askStates, type Met, type StandingStates } from './bank-states.ts';
import { traceOf } from './bank-traces.ts';

/** What the bank is asked. */
export type BankRequest =
  | { readonly transfer: Transfer }
  /** A savepoint is to be made there meanwhile. */
  | { readonly savepoint: string }
  /** Everything is to be done, and then said how it stands with these accounts; and then to be stopped. */
  | { readonly finish: readonly string[]; readonly trees: readonly Target[] };

export type BankReply =
  | { readonly openedMs: number }
  | { readonly committed: string }
  /** Has happened in this life; said once. */
  | { readonly seen: Deed }
  | { readonly refused: string; readonly code: string }
  | { readonly error: string; readonly message: string }
  | { readonly finished: BankStates };

/** How everything stands when all is done. */
export interface BankStates extends StandingStates {
  /** Dead letters that were sent again or dropped in this life, and addresses that were parked and went on. */
  readonly retriedCount: number;
  readonly forest: ForestState;
  readonly met: Met;
}

const options = JSON.parse(process.argv[2] ?? '{}') as BankOptions;
/** How long what is pending or expires may take in the end. */
const REST_MS_MAX = 300_000;
/** Why messages have failed that may be tried again as they are. */
const RETRIED = [REFUSED, 'STATE_INVALID', 'INVOCATION_OVERDUE', 'MESSAGE_QUARANTINED', STUMBLED];

function say(reply: BankReply): void {
  if (process.connected) process.send?.(reply);
}

let retriedCount = 0;
const seen = new Set<Deed>();
/** What is done meanwhile about messages that have failed. */
let mending: Promise<void> | undefined;
let isMendingDue = false;
let isFinishing = false;
/** The savepoint that is being made; never rejects. */
let saving: Promise<void> | undefined;
const begunAt = performance.now();
endWithParent();
const engine = await startBank(options).catch((error: MillraceError) => {
  // What stops it may be under way already.
  if (isMeantToStop(error)) see('stopped', 1);
  else say({ error: error.code, message: error.message });
  leaveParent();
  process.exitCode = 1;
});
if (engine !== undefined) {
  engine.on('error', complain);
  say({ openedMs: performance.now() - begunAt });
  for (const policy of LATE_POLICIES) {
    engine.send(chimes, policy, 'begin', { idempotencyKey: `chimes ${policy}` }).catch(onFailure);
  }
  // Most of them fail again, unless the bank is healed by now.
  mending = tryAgain(engine).then(mendOn).catch(onFailure);
}

function complain(error: MillraceError): void {
  if (!isExpected(error)) say({ error: error.code, message: error.message });
}

function isExpected(error: MillraceError): boolean {
  const { code } = error;
  const cause = error.cause as { readonly code?: string; readonly message?: string } | undefined;
  const what = code === 'INVOCATION_FAILED' ? (cause?.code ?? cause?.message) : code;
  if (what === 'INVOCATION_OVERDUE') see('overdue', 1);
  if (what === 'STATE_INVALID') see('refused by a schema', 1);
  if (what === 'MESSAGE_QUARANTINED') see('quarantined', 1);
  const isClaim = what === UNCLEAR || what === HOPELESS;
  if (isClaim) mendSoon();
  const isStopped = isMeantToStop(error);
  if (isStopped) {
    see('stopped', 1);
    giveUp();
  }
  const isDying = ordeal === 'quarantined' && code === 'SHARD_RECOVERING';
  return (
    isClaim ||
    isStopped ||
    isDying ||
    what === ORDERED ||
    code === 'UNKNOWN_TARGET' ||
    RETRIED.some((each) => each === what)
  );
}

function isMeantToStop({ code }: MillraceError): boolean {
  return ordeal === 'stopped' && code === 'FUNCTION_FAILED';
}

function mendSoon(): void {
  isMendingDue = true;
  mending ??= mendOn().catch(onFailure);
}

async function mendOn(): Promise<void> {
  while (isMendingDue && !isFinishing && engine !== undefined) {
    isMendingDue = false;
    await mend(engine);
  }
  mending = undefined;
}

/** Returns how many claims were sent again or dropped. */
async function mend({ deadLetters }: Engine): Promise<number> {
  let all = 0;
  await mendClaims(deadLetters, (deed, count) => {
    see(deed, count);
    if (deed !== 'edited') all += count;
  });
  retriedCount += all;
  return all;
}

function see(deed: Deed, count: number): void {
  if (count === 0 || seen.has(deed)) return;
  seen.add(deed);
  say({ seen: deed });
}

/** Returns how many messages and addresses have got another try, or were dropped. */
async function tryAgain(bank: Engine): Promise<number> {
  const { deadLetters, parked } = bank;
  const redriven = RETRIED.map(async (error) => (await deadLetters.redrive({ error })).count);
  const [mended, ...retried] = await Promise.all([mend(bank), parked.unpark({}), ...redriven]);
  const all = retried.reduce((sum, count) => sum + count, 0);
  retriedCount += all;
  return mended + all;
}

process.on('message', (request: BankRequest) => {
  if ('transfer' in request) send(request.transfer);
  else if ('savepoint' in request) saving = save(request.savepoint);
  else void finish(request.finish, request.trees).catch(onFailure);
});

function onFailure(error: MillraceError): void {
  complain(error);
  giveUp();
}

function send(transfer: Transfer): void {
  const sending = { idempotencyKey: transfer.id, ...traceOf(transfer) };
  engine?.send(account, transfer.from, { withdraw: transfer }, sending).then(
    () => say({ committed: transfer.id }),
    (error: MillraceError) => {
      if (!isExpected(error)) say({ refused: transfer.id, code: error.code });
      giveUp();
    },
  );
}

/** If it fails, that is all that fails; so it does when the shards go back meanwhile. */
async function save(path: string): Promise<void> {
  for (let attempt = 0; attempt < 2 && !seen.has('saved'); attempt++) {
    await engine?.savepoint(path).then(() => see('saved', 1), complain);
  }
}

let hasGivenUp = false;

/** The engine takes nothing any more: ends it in order, which must end, too. */
function giveUp(): void {
  if (hasGivenUp || engine === undefined) return;
  hasGivenUp = true;
  engine
    .stop()
    .catch(complain)
    .finally(() => leaveParent());
}

async function finish(ids: readonly string[], trees: readonly Target[]): Promise<void> {
  if (engine === undefined) return;
  isFinishing = true;
  await Promise.all([mending, saving]);
  // It is healed, so what was refused is done now; but an address that is parked may have more than one of those.
  const drain = async (): Promise<void> => {
    do await engine.drained();
    while ((await tryAgain(engine)) > 0);
  };
  await drain();
  // Before the others are asked, since it may take a while until all is quiet there.
  await askForest(engine, trees, drain);
  await drain();
  const forest = await askForest(engine, trees, drain);
  for (const policy of LATE_POLICIES) await engine.send(chimes, policy, 'end');
  await engine.drained();
  let states = await askStates(engine, ids);
  const endsAt = performance.now() + REST_MS_MAX;
  while (Object.values(states.accounts).some(({ restCount }) => restCount > 0) && performance.now() < endsAt) {
    await sleep(20);
    await engine.drained();
    states = await askStates(engine, ids);
  }
  const met = await askMet(engine, ids);
  await engine.stop();
  say({ finished: { ...states, forest, retriedCount, met } });
  leaveParent();
}
