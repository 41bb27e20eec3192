/**
 * One life of the bank: the process is started, clients hand in transfers (those that got no answer in earlier lives
 * first), and then it is killed, by its plan or from outside; or it is let finish.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transfer } from './bank-module.ts';
import { VERSION_VARIABLE } from './bank-ledger.ts';
import { HEALED_VARIABLE, ORDEAL_VARIABLE } from './bank-office.ts';
import type { Deed } from './bank-deeds.ts';
import type { BankOptions } from './bank-engine.ts';
import type { BankReply, BankRequest, BankStates } from './bank-process.ts';
import { ACCOUNTS } from './bank-model.ts';
import type { BankWorld } from './bank-world.ts';
import { type CallPlan, FOLDER_VARIABLE, PLAN_VARIABLE, SURVEY_VARIABLE } from './call-plan.ts';

/** Transfers that clients wait for at the same time. */
const CLIENT_COUNT = 12;
/** A life that takes longer than this has hung, which is a failure of its own. */
const LIFE_MS_MAX = 600_000;

export interface LifeOptions {
  readonly isNativeFree: boolean;
  readonly shardCount: number;
  readonly plans?: readonly CallPlan[] | undefined;
  /** Killed so long after its start, if not before. */
  readonly killAfterStartMs?: number | undefined;
  /** Killed when so many transfers have been committed in this life; so it does not matter how fast the machine is. */
  readonly killAfterCommits?: number | undefined;
  /** Killed when this has happened in this life, as surely as it will; by `stopped` it ends itself. */
  readonly killAfterDeed?: Deed | undefined;
  /** Ends in order after this many transfers of clients, and refuses nothing any more. */
  readonly transferCount?: number;
  /** When so many transfers have been committed in this life, a savepoint is asked for. */
  readonly savepointAfterCommits?: number | undefined;
  readonly survey?: string | undefined;
  /** How often in a row it may go back to its last checkpoint; default 5, which takes a second. */
  readonly maxRecoveries?: number;
  /** Called each time it goes back. */
  readonly onRecovering?: () => void;
  /** Whether it runs the first version of the code; only lives that run it, too, may have been before. */
  readonly isFirstVersion?: boolean;
}

export interface Life {
  /** How long it took to open; undefined if it never did. */
  readonly openedMs: number | undefined;
  /** Who has ended it: itself, its plan, or its time. */
  readonly end: 'finished' | 'failed' | 'plan' | 'time' | 'hung';
  /** How it stands when all is done. */
  readonly states: BankStates | undefined;
  readonly seen: readonly Deed[];
  /** Errors that were reported, with their codes. */
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

/** Of all lives that have not ended. */
const processes = new Set<ChildProcess>();

/** Kills all that run, for a program that ends itself. */
export function endAllLives(): void {
  for (const each of processes) each.kill('SIGKILL');
}

export class BankLife {
  readonly #world: BankWorld;
  readonly #options: LifeOptions;
  readonly #process: ChildProcess;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #errors: { code: string; message: string }[] = [];
  #openedMs: number | undefined;
  #states: BankStates | undefined;
  readonly #seen: Deed[] = [];
  #end: Life['end'] | undefined;
  #sentCount = 0;
  #committedCount = 0;
  #isFinishing = false;

  constructor(world: BankWorld, options: LifeOptions) {
    this.#world = world;
    this.#options = options;
    const { plans, survey, isNativeFree, shardCount, transferCount, isFirstVersion, killAfterDeed } = options;
    const { maxRecoveries = 5 } = options;
    const { folder, savepoints } = world;
    const { data, from } = savepoints;
    const bank: BankOptions = { folder, data, from, shardCount, isNativeFree, maxRecoveries };
    this.#process = fork(new URL('./bank-process.ts', import.meta.url), [JSON.stringify(bank)], {
      execArgv: ['--import', new URL('./file-calls.ts', import.meta.url).href],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        // Saves half of a start.
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'millrace-crash-compiled'),
        [FOLDER_VARIABLE]: folder,
        ...(plans === undefined ? {} : { [PLAN_VARIABLE]: JSON.stringify(plans) }),
        ...(transferCount === undefined ? {} : { [HEALED_VARIABLE]: 'yes' }),
        ...(killAfterDeed === undefined ? {} : { [ORDEAL_VARIABLE]: killAfterDeed }),
        [VERSION_VARIABLE]: isFirstVersion === true ? '1' : '2',
        ...(survey === undefined ? {} : { [SURVEY_VARIABLE]: survey }),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    processes.add(this.#process);
    this.#process.on('message', (reply: BankReply) => this.#onReply(reply));
    this.#process.once('exit', () => processes.delete(this.#process));
  }

  /** Resolves when the process is gone and everything that it has said is known. */
  async ended(): Promise<Life> {
    this.#killAfter(LIFE_MS_MAX, 'hung');
    this.#killAfter(this.#options.killAfterStartMs, 'time');
    const isDisconnected = this.#process.connected ? once(this.#process, 'disconnect') : undefined;
    await Promise.all([once(this.#process, 'exit'), isDisconnected]);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#world.savepoints.ended();
    const byItself =
      this.#process.signalCode === 'SIGKILL' ? 'plan' : this.#states === undefined ? 'failed' : 'finished';
    const [openedMs, states, seen, errors] = [this.#openedMs, this.#states, this.#seen, this.#errors];
    return { openedMs, end: this.#end ?? byItself, states, seen, errors };
  }

  #killAfter(ms: number | undefined, end: Life['end']): void {
    if (ms === undefined) return;
    const kill = (): void => {
      this.#end = end;
      this.#process.kill('SIGKILL');
    };
    this.#timers.push(setTimeout(kill, ms));
  }

  #onReply(reply: BankReply): void {
    if ('openedMs' in reply) this.#onOpen(reply.openedMs);
    else if ('committed' in reply) this.#onCommitted(reply.committed);
    else if ('seen' in reply) this.#onSeen(reply.seen);
    else if ('finished' in reply) this.#states = reply.finished;
    else if ('error' in reply) this.#onError(reply.error, reply.message);
    // What is refused stays open, and is tried in the next life.
    else this.#errors.push({ code: reply.code, message: `${reply.refused} was refused` });
  }

  #onError(code: string, message: string): void {
    this.#errors.push({ code, message });
    if (code === 'SHARD_RECOVERING') this.#options.onRecovering?.();
  }

  #onSeen(deed: Deed): void {
    this.#seen.push(deed);
    if (deed === 'saved') this.#world.savepoints.made();
    if (deed === this.#options.killAfterDeed && deed !== 'stopped') this.#killAfter(0, 'time');
  }

  #onOpen(openedMs: number): void {
    this.#openedMs = openedMs;
    this.#world.savepoints.from = undefined;
    if (this.#options.killAfterCommits === 0) this.#killAfter(0, 'time');
    for (const transfer of this.#world.open.values()) this.#send(transfer);
    while (this.#world.open.size < CLIENT_COUNT && this.#mayBegin) this.#send(this.#world.newTransfer());
    this.#finishIfDone();
  }

  #onCommitted(id: string): void {
    this.#world.committed(id);
    if (++this.#committedCount === this.#options.killAfterCommits) this.#killAfter(0, 'time');
    if (this.#committedCount === this.#options.savepointAfterCommits) {
      this.#say({ savepoint: this.#world.savepoints.ask() });
    }
    if (this.#mayBegin) this.#send(this.#world.newTransfer());
    this.#finishIfDone();
  }

  get #mayBegin(): boolean {
    return this.#sentCount < (this.#options.transferCount ?? Number.POSITIVE_INFINITY);
  }

  #finishIfDone(): void {
    if (this.#mayBegin || this.#world.open.size > 0 || this.#isFinishing) return;
    this.#isFinishing = true;
    this.#say({ finish: ACCOUNTS, trees: this.#world.trees });
  }

  #send(transfer: Transfer): void {
    this.#sentCount++;
    this.#say({ transfer });
  }

  #say(request: BankRequest): void {
    // It may be gone by now, which is what this is about.
    this.#process.send(request, () => {});
  }
}
