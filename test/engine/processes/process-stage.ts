/** What tests of function processes stand on: engines over the counters, and looks at the processes of the machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./counter-program.ts', import.meta.url));

/** Starts the program behind a port of its own; resolves with its URL. It ends with the test. */
export async function startRemote(): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { where } = JSON.parse(line.toString()) as { where: number };
  return `http://localhost:${where}/{function.name}`;
}

/** Environment of the threads that are started from now on, until the test ends. */
export function setEnvironment(name: string, text: string): void {
  const before = process.env[name];
  process.env[name] = text;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** All processes of the group of one. */
export function groupOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        const fields = readFileSync(`/proc/${other}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        return Number(fields[2]) === pid && fields[0] !== 'Z';
      } catch {
        return false;
      }
    });
}
