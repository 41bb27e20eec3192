/**
 * The process that is killed: a bank with transfers from a file and from clients on the other end of IPC, and with a file
 * of arrivals. It knows nothing of what will happen to it.
 */
import { join } from 'node:path';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import {
  defineEgress,
  defineIngress,
  defineRouter,
  type MillraceError,
  ndjsonSink,
  ndjsonSource,
  startEngine,
} from '../../src/index.ts';
import { account, type AccountState, type Arrival, type Transfer } from './bank-module.ts';

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
  | { readonly finished: Readonly<Record<string, AccountState>> };

const options = JSON.parse(process.argv[2] ?? '{}') as BankOptions;

function say(reply: BankReply): void {
  if (process.connected) process.send?.(reply);
}

const source = ndjsonSource<Transfer>({ path: join(options.folder, 'input.ndjson') });
const input = defineIngress<Transfer>({ type: 'bank/input', source });
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
  engine.on('error', (error) => say({ error: error.code, message: error.message }));
  say({ openedMs: performance.now() - begunAt });
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

async function finish(accounts: readonly string[]): Promise<void> {
  if (engine === undefined) return;
  await engine.drained();
  const states: Record<string, AccountState> = {};
  for (const id of accounts) states[id] = await engine.ask(account, id, { question: 'state' });
  await engine.stop();
  say({ finished: states });
  process.disconnect?.();
}
