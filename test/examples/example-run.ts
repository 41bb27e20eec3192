/**
 * Runs an example as a user does: as a process of its own, with something on standard input if need be, and with a hand
 * on its signals. State values are frozen, as they are while one develops.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../tool.ts';

export interface ExampleResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ExampleRun {
  readonly ended: Promise<ExampleResult>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = '';
  #stderr = '';

  constructor(path: string, args: readonly string[] = []) {
    const env = { ...process.env, NODE_ENV: 'development' };
    this.#child = spawn(process.execPath, [join(ROOT, path), ...args], { cwd: ROOT, env });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#child.stdin.on('error', () => {
      // The example may end before it has read everything.
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** What it has printed so far. */
  get stdout(): string {
    return this.#stdout;
  }

  write(text: string): this {
    this.#child.stdin.write(text);
    return this;
  }

  endInput(text = ''): this {
    this.#child.stdin.end(text);
    return this;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the text has appeared on standard error. */
  async says(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`ended without saying "${text}":\n${this.#stderr}`);
      await sleep(10);
    }
  }
}

/** Runs an example to its end, with `input` on its standard input. */
export function runExample(path: string, args: readonly string[] = [], input = ''): Promise<ExampleResult> {
  return new ExampleRun(path, args).endInput(input).ended;
}
