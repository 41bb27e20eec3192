/**
 * What tests of durability stand on: both entry points, directories that go when the test does, and a process of its own
 * that can be killed at any moment.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { onTestFinished } from 'vitest';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import { type AskOptions, type Engine, type EngineOptions, type MillraceError, startEngine } from '../../src/index.ts';
import { counter, store, token } from './durability-module.ts';

/** For questions that may wait for recoveries on a slow machine: the test's own time is the limit. */
export const PATIENT: AskOptions = { timeoutMs: 600_000 };

export const MODULE: URL = new URL('./durability-module.ts', import.meta.url);
export const SHARD_COUNT = 2;

type StartEngine = (options: EngineOptions) => Promise<Engine>;

/** Both entry points, by the name under which a program imports them. */
export const ENTRIES: Readonly<Record<string, StartEngine>> = {
  millrace: startEngine,
  'millrace/native-free': startNativeFree,
};
export const ENTRY_NAMES: readonly string[] = Object.keys(ENTRIES);

export interface Opened {
  readonly engine: Engine;
  /** Everything that was reported to `engine.on('error')`. */
  readonly errors: MillraceError[];
}

/** A place for a data directory, `data`, and whatever lies beside it. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-durability-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

export async function open(entry: string, folder: string, options: Partial<EngineOptions> = {}): Promise<Opened> {
  const start = ENTRIES[entry];
  const engine = await start({ module: MODULE, directory: join(folder, 'data'), shardCount: SHARD_COUNT, ...options });
  onTestFinished(async () => {
    await engine.stop({ force: true }).catch(() => {});
  });
  const errors: MillraceError[] = [];
  engine.on('error', (error) => void errors.push(error));
  return { engine, errors };
}

/** What this promise rejects with; undefined if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<MillraceError | undefined> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error as MillraceError,
  );
}

export async function totalOf(engine: Engine, id: string): Promise<number> {
  return (await engine.ask(counter, id, { add: 0 }, PATIENT)) as number;
}

export async function seenInCircle(engine: Engine, circle: number): Promise<number> {
  const ids = Array.from({ length: circle }, (_, index) => String(index));
  const counts = await Promise.all(ids.map((id) => engine.ask(token, id, 'seen?', PATIENT)));
  return counts.reduce((sum: number, count) => sum + (count as number), 0);
}

export async function versionOf(engine: Engine, id: string): Promise<number> {
  return (await engine.ask(store, id, 'version?', PATIENT)) as number;
}

/** Every file under a folder, with what is in it. */
export function filesUnder(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name));
  return new Map(paths.toSorted().map((path) => [relative(folder, path), readFileSync(path)]));
}

/** How much a folder holds just now; files come and go meanwhile. */
export function bytesUnder(folder: string): number {
  let byteLength = 0;
  for (const item of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (item.isFile()) byteLength += statSync(join(item.parentPath, item.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return byteLength;
}

/** An engine in another process, which does as its scenario says. */
export class Victim {
  /** What it has said, oldest first. */
  readonly said: unknown[] = [];
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;
  #wake: () => void = () => {};

  constructor(
    scenario: string,
    entry: string,
    folder: string,
    env: Readonly<Record<string, string>> = {},
    child = './durability-child.ts',
  ) {
    this.#process = fork(new URL(child, import.meta.url), [scenario, entry, folder], {
      env: { ...process.env, ...env },
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (message) => {
      this.said.push(message);
      this.#wake();
    });
    // What it has said last may come after its end.
    const isOver = Promise.all([once(this.#process, 'exit'), once(this.#process, 'disconnect')]);
    this.#exit = isOver.finally(() => this.#wake());
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  /** Resolves as soon as this is so, or the process has ended. */
  async until(condition: (said: readonly unknown[]) => boolean): Promise<void> {
    while (!condition(this.said) && this.#process.exitCode === null && this.#process.signalCode === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends it on the spot; resolves when it is gone. Returns whether it was still there. */
  async kill(): Promise<boolean> {
    const isAlive = this.#process.kill('SIGKILL');
    await this.#exit;
    return isAlive && this.#process.signalCode === 'SIGKILL';
  }

  /** Resolves when it has ended by itself, with its exit code. */
  async ended(): Promise<number | null> {
    await this.#exit;
    return this.#process.exitCode;
  }
}
