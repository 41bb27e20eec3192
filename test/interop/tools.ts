/**
 * The tools of other languages, if this machine has them, and the folder that takes all that they download or build.
 * Nothing is installed outside of `.cache`; Maven and Go keep their usual caches of packages.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CACHE: string = fileURLToPath(new URL('../../.cache/interop', import.meta.url));
export const PROGRAMS: string = fileURLToPath(new URL('./programs', import.meta.url));

/** What is said of the tools of these names that cannot be found, or undefined if all are there. */
export function missingTools(...names: readonly string[]): string | undefined {
  const missing = names.filter((name) => findTool(name) === undefined);
  return missing.length === 0 ? undefined : `no ${missing.join(' and no ')} on the path`;
}

export function findTool(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, name);
    try {
      if (!existsSync(file)) continue;
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Runs a tool to its end; throws with what it has said if it fails. */
export async function runTool(command: string, args: readonly string[], folder: string, minutes = 10): Promise<string> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: minutes * 60_000 });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  const status = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'no reason'));
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${said.slice(-4_000)}`);
  return said;
}
