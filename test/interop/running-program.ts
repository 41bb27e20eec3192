/**
 * A process that serves functions over HTTP. It says on which port, and lives until it is stopped or killed, or until
 * the process that has started it is gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** For what never comes: however slow the machine is, a program that comes has come by then. */
const STARTING_MS = 300_000;

export class RunningProgram {
  readonly port: number;
  readonly #child: ChildProcess;
  #lastWords = '';

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    child.stderr?.on('data', (text: Buffer) => (this.#lastWords = (this.#lastWords + text.toString()).slice(-4_000)));
  }

  static async start(
    command: string,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<RunningProgram> {
    const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...environment } });
    // Writing to nobody is no error of ours: the process may have been killed.
    child.stdin.on('error', () => undefined);
    let said = '';
    const listen = (text: Buffer): void => void (said += text.toString());
    child.stderr.on('data', listen);
    const port = await Promise.race([portOf(child), ended(child), tooLate()]);
    child.stderr.off('data', listen);
    if (port !== undefined) return new RunningProgram(child, port);
    child.kill('SIGKILL');
    throw new Error(`${command} ${args.join(' ')} does not serve: ${said}`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** What it has said last on its standard error. */
  get lastWords(): string {
    return this.#lastWords;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin?.end();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await once(this.#child, 'exit');
    clearTimeout(late);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

async function portOf(child: ChildProcess): Promise<number | undefined> {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}

function ended(child: ChildProcess): Promise<undefined> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
  });
}

function tooLate(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), STARTING_MS).unref();
  });
}
