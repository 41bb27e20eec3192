/**
 * What a program says of a process that runs its functions beside each shard, and what it means if it does not. Checked
 * where the endpoint is defined, by every thread alike; nothing is started or opened here.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Duration, readDuration } from '../sdk/duration.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { type Backoff, fillBackoff } from '../sdk/failure-policy.ts';
import { checkFields, checkObject, namesOf } from '../sdk/known-fields.ts';
import {
  EFFECT_COUNT_MAX,
  type EndpointTimeouts,
  fillEndpoint,
  type HttpEndpointOptions,
  STATE_BYTES_MAX,
} from './endpoint-options.ts';
import { SocketPlaces } from './endpoint-url.ts';

/** A line that a function process has written. */
export interface ProcessLine {
  /** What the endpoint is known by. */
  readonly name: string;
  readonly shard: number;
  readonly pid: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without its line break. What is longer than 65,536 characters comes in pieces. */
  readonly text: string;
}

export interface ProcessEndpointOptions {
  /**
   * The program and its arguments, such as `['python3', 'greeter.py']`; no shell looks at them. The program serves
   * StateFun's protocol over HTTP on the Unix socket whose path it finds in its environment as `MILLRACE_SOCKET`.
   */
  readonly command: readonly string[];
  /** Its working directory; default that of this process. */
  readonly cwd?: string | URL;
  /** Variables of its environment, over those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it is known by in errors and logs; default its program and the first argument that is no option. */
  readonly name?: string;
  /** How many calls may be under way at a time, in each shard: 64. */
  readonly concurrency?: number;
  /** What the states of one address may have in all: 67,108,864 bytes. A response that makes them more is refused. */
  readonly stateBytesMax?: number;
  /** How much may follow from one batch: 100,000. As that of `httpEndpoint`. */
  readonly effectCountMax?: number;
  /** The pauses before a process that has ended is started again: 100 ms, doubled each time, 30 s at most. */
  readonly restart?: Backoff;
  /** How long it may take to serve its socket before it is ended and counts as failed: 30 s. */
  readonly startTimeout?: Duration;
  /** How long it may take to end, from SIGTERM on, before it is killed: 5 s. */
  readonly stopTimeout?: Duration;
  /** As those of `httpEndpoint`. */
  readonly timeouts?: EndpointTimeouts;
  /**
   * Gets what the process writes, in the shard's thread; by default it goes to standard error, with a prefix. What it
   * writes is not read while a promise that this has returned is pending, so one that writes more than can be kept up
   * with is held back. A line that this fails with goes to standard error.
   */
  readonly log?: (line: ProcessLine) => void | PromiseLike<void>;
}

/** Takes a line; a promise says when there is room for more, and never rejects. */
type TakeLine = (line: ProcessLine) => Promise<void> | undefined;

export interface FilledProcess {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly stateBytesMax: number;
  readonly effectCountMax: number;
  readonly restart: Required<Backoff>;
  readonly startMs: number;
  readonly stopMs: number;
  readonly timeouts: EndpointTimeouts;
  readonly log: TakeLine;
}

const FIELDS = namesOf<ProcessEndpointOptions>(
  'command',
  'cwd',
  'env',
  'name',
  'concurrency',
  'stateBytesMax',
  'effectCountMax',
  'restart',
  'startTimeout',
  'stopTimeout',
  'timeouts',
  'log',
);
const CONCURRENCY = 64;
const RESTART: Backoff = { initialMs: 100, maxMs: 30_000 };

/** Throws `INVALID_DEFINITION`. */
export function fillProcess(
  options: ProcessEndpointOptions,
  platform: NodeJS.Platform = process.platform,
): FilledProcess {
  if (platform === 'win32') {
    refuse(
      'it',
      'needs Unix sockets and signals, which Windows has not; serve the functions over HTTP there',
      platform,
    );
  }
  checkFields('INVALID_DEFINITION', 'The argument of processEndpoint', options, FIELDS);
  const { command, cwd, env = {}, concurrency = CONCURRENCY, timeouts = {}, log } = options;
  if (!isCommand(command)) refuse('command', 'must be a program and its arguments, as a list of texts', command);
  checkEnvironment(env);
  const { name = nameOf(command) } = options;
  if (typeof name !== 'string') refuse('name', 'must be a text', name);
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) refuse('concurrency', 'must be 1 or more', concurrency);
  const { stateBytesMax = STATE_BYTES_MAX, effectCountMax = EFFECT_COUNT_MAX } = options;
  if (!Number.isSafeInteger(stateBytesMax) || stateBytesMax < 1)
    refuse('stateBytesMax', 'must be 1 or more', stateBytesMax);
  if (log !== undefined && typeof log !== 'function') refuse('log', 'must be a function', log);
  checkSocketOptions({ concurrency, timeouts, effectCountMax });
  return {
    name,
    command: [...command],
    cwd: directoryOf(cwd),
    env: { ...env },
    concurrency,
    stateBytesMax,
    effectCountMax,
    restart: restartOf(options.restart),
    startMs: durationOf('startTimeout', options.startTimeout ?? 30_000),
    stopMs: durationOf('stopTimeout', options.stopTimeout ?? 5_000),
    timeouts,
    log: log === undefined ? toStandardError : orToStandardError(log),
  };
}

function checkEnvironment(env: unknown): void {
  checkObject('INVALID_DEFINITION', 'processEndpoint: env', env, 'names and their texts');
  for (const [name, text] of Object.entries(env as object)) {
    if (name === '' || /[=\0]/.test(name) || !isText(text)) refuse('env', 'must be names with texts', name);
  }
}

/** A socket is there only when a process runs; what its endpoint would refuse then is refused here. */
function checkSocketOptions(options: Omit<HttpEndpointOptions, 'url'>): void {
  fillEndpoint(options, new SocketPlaces('processEndpoint'));
}

function restartOf(given: Backoff = {}): Required<Backoff> {
  checkObject('INVALID_DEFINITION', 'processEndpoint: restart', given, 'initialMs, factor, maxMs and jitter');
  return fillBackoff('processEndpoint: restart', { ...RESTART, ...given });
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && !text.includes('\0');
}

function isCommand(command: unknown): command is readonly string[] {
  return Array.isArray(command) && command.length > 0 && command[0] !== '' && command.every(isText);
}

/** Arguments may hold secrets; the name of a program and of its script do not. */
function nameOf([program = '', ...rest]: readonly string[]): string {
  const script = rest.find((argument) => !argument.startsWith('-'));
  return script === undefined ? basename(program) : `${basename(program)} ${basename(script)}`;
}

function directoryOf(cwd: unknown): string | undefined {
  if (cwd instanceof URL && cwd.protocol === 'file:') return fileURLToPath(cwd);
  if (cwd === undefined || (isText(cwd) && cwd !== '')) return cwd;
  return refuse('cwd', 'must be a path or a file URL', cwd);
}

function durationOf(name: string, duration: Duration): number {
  const ms = readDuration(duration);
  if (ms !== undefined && ms > 0) return ms;
  return refuse(name, 'must be a duration of more than 0, such as "30 s"', duration);
}

function refuse(name: string, rule: string, given: unknown): never {
  throw new MillraceError('INVALID_DEFINITION', `processEndpoint: ${name} ${rule}; given: ${describe(given)}.`);
}

/** What a program does with a line must not end its shard. */
function orToStandardError(log: NonNullable<ProcessEndpointOptions['log']>): TakeLine {
  return (line) => {
    try {
      const taken: unknown = log(line);
      if (taken !== undefined) return Promise.resolve(taken as PromiseLike<void>).catch(() => toStandardError(line));
      return undefined;
    } catch {
      return toStandardError(line);
    }
  };
}

/** Of the thread: when standard error takes more. In a worker it has no bound of its own. */
let room: Promise<void> | undefined;

function toStandardError({ name, shard, text }: ProcessLine): Promise<void> | undefined {
  if (process.stderr.write(`[${name} ${shard}] ${text}\n`)) return undefined;
  room ??= new Promise((resolve) => {
    process.stderr.once('drain', () => {
      room = undefined;
      resolve();
    });
  });
  return room;
}
