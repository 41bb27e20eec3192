/**
 * The process that is killed: a bank with transfers from a file and from clients on the other end of IPC, and with a file
 * of arrivals. It knows nothing of what will happen to it. Whenever it starts, what
 * has failed in earlier lives is tried again.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import {
  defineEgress,
  defineIngress,
  defineRouter,
  type Engine,
  type MillraceError,
  ndjsonSink,
  ndjsonSource,
  startEngine,
} from '../../src/index.ts';
import { account, type AccountState, type Arrival, type Transfer } from './bank-module.ts';
import { OFFICES, type OfficeState, REFUSED } from './bank-offices.ts';

export interface BankOptions {
  readonly folder: string;
  readonly isNativeFree: boolean;
  readonly shardCount: number;
}

/** What the bank is asked. */
export type BankRequest =
  | { readonly transfer: Transfer }
  /** Everything is to be done, and then said how it stands with these accounts; and then to be stopped. */
  | { readonly finish: readonly string[] };

export type BankReply =
  | { readonly openedMs: number }
  | { readonly committed: string }
  | { readonly refused: string; readonly code: string }
  | { readonly error: string; readonly message: string }
  | { readonly finished: BankStates };

/** How everything stands when all is done. */
export interface BankStates {
  readonly accounts: Readonly<Record<string, AccountState>>;
  /** By function type and account. */
  readonly offices: Readonly<Record<string, OfficeState>>;
  /** Dead letters that were sent again in this life, and addresses that were parked and went on. */
  readonly retriedCount: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as BankOptions;
/** How long what is pending or expires may take in the end. */
const REST_MS_MAX = 300_000;

function say(reply: BankReply): void {
  if (process.connected) process.send?.(reply);
}

const source = ndjsonSource<Transfer>({ path: join(options.folder, 'input.ndjson') });
const input = defineIngress<Transfer>({ type: 'bank/input', source });
let retriedCount = 0;
const begunAt = performance.now();
const engine = await (options.isNativeFree ? startNativeFree : startEngine)({
  module: new URL('./bank-module.ts', import.meta.url),
  directory: join(options.folder, 'data'),
  shardCount: options.shardCount,
  memory: 16 << 20,
  // Few, so that the file is read no faster than its transfers are done.
  creditCount: 16,
  ingresses: [input],
  routers: [
    defineRouter({ ingress: input, route: (transfer, send) => send(account, transfer.from, { withdraw: transfer }) }),
  ],
  egresses: [
    defineEgress<Arrival>({
      type: 'bank/arrivals',
      sink: ndjsonSink({ path: join(options.folder, 'output.ndjson') }),
    }),
  ],
}).catch((error: MillraceError) => {
  say({ error: error.code, message: error.message });
  process.disconnect?.();
  process.exitCode = 1;
});
if (engine !== undefined) {
  engine.on('error', (error) => {
    if (!isRefusal(error)) say({ error: error.code, message: error.message });
  });
  say({ openedMs: performance.now() - begunAt });
  // Most of them fail again, unless the bank is healed by now.
  tryAgain(engine).catch(onFailure);
}

function isRefusal({ code, cause }: MillraceError): boolean {
  return code === 'INVOCATION_FAILED' && cause instanceof Error && cause.message === REFUSED;
}

/** Returns how many messages and addresses have got another try. */
async function tryAgain({ deadLetters, parked }: Engine): Promise<number> {
  const { count } = await deadLetters.redrive({});
  const all = count + (await parked.unpark({}));
  retriedCount += all;
  return all;
}

process.on('message', (request: BankRequest) => {
  if ('transfer' in request) send(request.transfer);
  else void finish(request.finish).catch(onFailure);
});

function onFailure(error: MillraceError): void {
  say({ error: error.code, message: error.message });
  giveUp();
}

function send(transfer: Transfer): void {
  engine?.send(account, transfer.from, { withdraw: transfer }, { idempotencyKey: transfer.id }).then(
    () => say({ committed: transfer.id }),
    (error: MillraceError) => {
      say({ refused: transfer.id, code: error.code });
      giveUp();
    },
  );
}

let hasGivenUp = false;

/** The engine takes nothing any more: ends it in order, which must end, too. */
function giveUp(): void {
  if (hasGivenUp || engine === undefined) return;
  hasGivenUp = true;
  engine
    .stop()
    .catch((error: MillraceError) => say({ error: error.code, message: error.message }))
    .finally(() => process.disconnect?.());
}

async function finish(ids: readonly string[]): Promise<void> {
  if (engine === undefined) return;
  // It is healed, so what was refused is done now; but an address that is parked may have more than one of those.
  do await engine.drained();
  while ((await tryAgain(engine)) > 0);
  let states = await ask(engine, ids);
  const endsAt = performance.now() + REST_MS_MAX;
  while (Object.values(states.accounts).some(({ restCount }) => restCount > 0) && performance.now() < endsAt) {
    await sleep(20);
    await engine.drained();
    states = await ask(engine, ids);
  }
  await engine.stop();
  say({ finished: states });
  process.disconnect?.();
}

async function ask(bank: Engine, ids: readonly string[]): Promise<BankStates> {
  const accounts: Record<string, AccountState> = {};
  const offices: Record<string, OfficeState> = {};
  for (const id of ids) {
    accounts[id] = await bank.ask(account, id, { question: 'state' });
    for (const office of OFFICES) {
      offices[`${office.type} ${id}`] = await bank.ask<'state', OfficeState>(office, id, 'state');
    }
  }
  return { accounts, offices, retriedCount };
}
