/**
 * `--profile DIR`: the same benchmarks in a process of their own whose threads all write a CPU profile when they end, to
 * be opened in any tool that reads those; and where each thread has spent its time. Figures of such a run mean little:
 * being looked at a thousand times a second takes a part of it.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CpuProfile, describeThread, readProfile, type ThreadProfile } from './cpu-profile.ts';

const INTERVAL_US = 1_000;
const FUNCTION_COUNT = 15;
/** Threads that have done less are not shown. */
const SECONDS_MIN = 0.2;

/** Returns the exit code of the run. `args` are those of the command line without this option. */
export async function profileRun(main: string, args: readonly string[], directory: string): Promise<number> {
  const folder = resolve(directory);
  mkdirSync(folder, { recursive: true });
  const before = new Set(profilesIn(folder));
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL_US}`];
  const child = spawn(process.execPath, [...flags, main, ...args], { stdio: 'inherit' });
  const code = await new Promise<number>((done, failed) => {
    child.once('error', failed);
    child.once('exit', (status) => done(status ?? 1));
  });
  const written = profilesIn(folder).filter((name) => !before.has(name));
  for (const text of describeThreads(written.map((name) => readThread(join(folder, name))))) console.log(`\n${text}`);
  console.log(`\n${written.length} profiles in ${folder}`);
  return code;
}

/** The command line of the run that is profiled. */
export function withoutProfile(args: readonly string[]): string[] {
  const at = args.findIndex((arg) => arg === '--profile' || arg.startsWith('--profile='));
  return args.toSpliced(at, args[at] === '--profile' ? 2 : 1);
}

function profilesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
}

function readThread(path: string): ThreadProfile {
  return readProfile(JSON.parse(readFileSync(path, 'utf8')) as CpuProfile, FUNCTION_COUNT);
}

/** Those that have done most first. */
export function describeThreads(threads: readonly ThreadProfile[]): string[] {
  return threads
    .filter(({ seconds }) => seconds >= SECONDS_MIN)
    .toSorted((a, b) => b.seconds - a.seconds)
    .map((thread) => describeThread(thread.isShard ? 'A shard' : 'A thread that is no shard', thread));
}
