/**
 * `--profile [DIR]`: the same benchmarks in a process of their own whose threads all write a CPU profile when they end, to
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
const FLAG = '--profile';
/** Where profiles go if nobody says where. */
const DEFAULT_FOLDER = join('.cache', 'profile');
/** As Node names them: day, time, process, thread, number. Thread 0 is the main one. */
const FILE_NAME = /^CPU\.\d+\.\d+\.(\d+)\.(\d+)\.\d+\.cpuprofile$/;

/** A profile that was read, and the file that it was in. */
interface WrittenProfile {
  readonly file: string;
  readonly thread: ThreadProfile;
}

/** Returns the exit code of the run. `args` are those of the command line without this option. */
export async function profileRun(main: string, args: readonly string[], directory: string): Promise<number> {
  const folder = resolve(directory);
  mkdirSync(folder, { recursive: true });
  const before = new Set(profilesIn(folder));
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL_US}`];
  // Ctrl-C goes to the child as well, which shows what it has; then it is time for its profiles.
  process.on('SIGINT', () => {});
  const child = spawn(process.execPath, [...flags, main, ...args], { stdio: 'inherit' });
  const code = await new Promise<number>((done, failed) => {
    child.once('error', failed);
    child.once('exit', (status) => done(status ?? 1));
  });
  const written = profilesIn(folder).filter((name) => !before.has(name));
  const profiles = written.map((file) => ({ file, thread: readThread(join(folder, file)) }));
  for (const text of describeThreads(profiles)) console.log(`\n${text}`);
  console.log(`\n${written.length} profiles in ${folder}`);
  return code;
}

/** The command line with a folder where `--profile` stands by itself, which the parser of flags would not take. */
export function withProfileFolder(args: readonly string[]): readonly string[] {
  const at = args.indexOf(FLAG);
  const isAlone = at >= 0 && (at + 1 === args.length || args[at + 1].startsWith('-'));
  return isAlone ? args.toSpliced(at + 1, 0, DEFAULT_FOLDER) : args;
}

/** The command line of the run that is profiled. */
export function withoutProfile(args: readonly string[]): string[] {
  const at = args.findIndex((arg) => arg === FLAG || arg.startsWith(`${FLAG}=`));
  return args.toSpliced(at, args[at] === FLAG ? 2 : 1);
}

function profilesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
}

function readThread(path: string): ThreadProfile {
  return readProfile(JSON.parse(readFileSync(path, 'utf8')) as CpuProfile, FUNCTION_COUNT);
}

/** Those that have done most first. */
export function describeThreads(profiles: readonly WrittenProfile[]): string[] {
  return profiles
    .filter(({ thread }) => thread.seconds >= SECONDS_MIN)
    .toSorted((a, b) => b.thread.seconds - a.thread.seconds)
    .map((profile) => describeThread(nameOf(profile), profile.thread));
}

/** Threads of a process are numbered as they start, so those of earlier turns have smaller numbers. */
function nameOf({ file, thread: { isShard } }: WrittenProfile): string {
  const [, process = '?', thread = '?'] = FILE_NAME.exec(file) ?? [];
  if (thread === '0') return `The main thread of process ${process}`;
  return `A ${isShard ? 'shard' : 'thread that is no shard'}, thread ${thread} of process ${process}`;
}
