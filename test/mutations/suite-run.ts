/**
 * Runs test commands in a private copy, each as a process group of its own, so that one that hangs can be ended with all
 * that it has started. A hang counts as caught, and is called one.
 */
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import type { Mutation, Suite } from './mutation.ts';
import type { PrivateCopy } from './private-copy.ts';

export interface SuiteOutcome {
  /** What failed first, in a few words; undefined when all passed. */
  readonly failure: string | undefined;
  readonly output: string;
}

export interface MutationOutcome {
  readonly caughtBy: string | undefined;
  readonly failure: string;
  readonly seconds: number;
}

/** Process groups under way. */
const groups = new Set<number>();

/** Ends what is under way: groups of their own do not hear of an interrupt. */
export function endAll(): void {
  for (const group of groups) endGroup(group);
}

export function runSuite(copy: PrivateCopy, { args }: Suite, limitMs: number): Promise<SuiteOutcome> {
  const child = spawn(process.execPath, args, {
    cwd: copy.path,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) groups.add(child.pid);
  let output = '';
  let hangs = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const timer = setTimeout(() => {
    hangs = true;
    endGroup(child.pid);
  }, limitMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // What it has left behind would keep its output open.
    child.on('exit', () => endGroup(child.pid));
    child.on('close', (code) => {
      clearTimeout(timer);
      if (hangs) resolve({ failure: `hangs (${limitMs / 1000} s)`, output });
      else resolve({ failure: code === 0 ? undefined : describe(output, code), output });
    });
  });
}

/** Tries the suites of a mutation, with the bug in place, until one fails. */
export function tryMutation(copy: PrivateCopy, mutation: Mutation, limitMs: number): Promise<MutationOutcome> {
  const startedAt = performance.now();
  return copy.withMutation(mutation, async () => {
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    for (const suite of mutation.suites) {
      const { failure } = await runSuite(copy, suite, limitMs);
      if (failure !== undefined) return { caughtBy: suite.name, failure, seconds: seconds() };
    }
    return { caughtBy: undefined, failure: '', seconds: seconds() };
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined || !groups.delete(pid)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The seed or the test that failed, with its error if there is one. */
function describe(output: string, code: number | null): string {
  const lines = stripVTControlCharacters(output).split('\n');
  const where = lines.find((line) => /^seed \d+ failed|^\s*FAIL\s/.test(line)) ?? `exit code ${code}`;
  const error = lines.find((line) => /^\s*(\w*Error|Violation)\b.*: /.test(line)) ?? '';
  return `${where.trim().replace(/; run it.*/, '')} ${error.trim()}`.slice(0, 160).trim();
}
