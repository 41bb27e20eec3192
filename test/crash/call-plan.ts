/**
 * Which call to the file system of which thread goes wrong, and how. A plan goes to a process in an environment
 * variable, and is carried out there by `file-calls.ts`.
 */

/** Of `node:fs` on files of the data directory; `sink …` on the output file. */
export const CALL_KINDS = [
  'open',
  'read',
  'write',
  'sync',
  'sync directory',
  'rename',
  'remove',
  'truncate',
  'make directory',
  'sink write',
  'sink sync',
  'sink truncate',
] as const;
export type CallKind = (typeof CALL_KINDS)[number];

export type ThreadKind = 'main' | 'worker';

/**
 * `before` and `after` kill the process there, `torn` kills it when half of the bytes are written. `short` writes half of
 * the bytes and says so. All others are errors of the system; a write that fails has written half of the bytes.
 */
export const KILLS = ['before', 'after', 'torn'] as const;
export const FAULTS = ['EIO', 'ENOSPC', 'EMFILE', 'short'] as const;
export type Kill = (typeof KILLS)[number];
export type Fault = (typeof FAULTS)[number];

export interface CallPlan {
  readonly kind: CallKind;
  readonly thread: ThreadKind;
  /** Counted from 1 in each thread. */
  readonly nth: number;
  readonly how: Kill | Fault;
  /** Whether all calls of the kind fail from the nth on. */
  readonly isLasting?: boolean;
}

export const PLAN_VARIABLE = 'CRASH_PLAN';
/** The folder in which calls are counted. */
export const FOLDER_VARIABLE = 'CRASH_FOLDER';
/** Names a file that gets a line for every call. */
export const SURVEY_VARIABLE = 'CRASH_SURVEY';

export function describePlan({ kind, thread, nth, how, isLasting }: CallPlan): string {
  return `${how} at ${kind} ${nth}${isLasting === true ? ' and on' : ''} of ${thread}`;
}

export interface CallPoint {
  readonly thread: ThreadKind;
  readonly kind: CallKind;
  /** How often it happens in the start and a short while, about. */
  readonly count: number;
}

const MAIN_COUNTS: Readonly<Partial<Record<CallKind, number>>> = {
  open: 18,
  read: 9,
  write: 24,
  sync: 24,
  'sync directory': 6,
  rename: 1,
  remove: 2,
  'make directory': 1,
  'sink write': 5,
  'sink sync': 5,
  'sink truncate': 1,
};
/** LevelDB makes its calls in native code, where they cannot be got at. */
const WORKER_COUNTS: Readonly<Partial<Record<CallKind, number>>> = { open: 20, read: 40, write: 12 };
const NATIVE_FREE_COUNTS: Readonly<Partial<Record<CallKind, number>>> = { ...WORKER_COUNTS, 'sync directory': 2 };

/** The points that there are. */
export function callPoints(isNativeFree: boolean): CallPoint[] {
  const points = (thread: ThreadKind, counts: typeof MAIN_COUNTS): CallPoint[] =>
    Object.entries(counts).map(([kind, count]) => ({ thread, kind: kind as CallKind, count }));
  return [...points('main', MAIN_COUNTS), ...points('worker', isNativeFree ? NATIVE_FREE_COUNTS : WORKER_COUNTS)];
}

/** Which of these can happen to a call. */
export function canHappen(how: Kill | Fault, kind: CallKind): boolean {
  switch (how) {
    case 'torn':
    case 'short':
      return kind === 'write' || kind === 'sink write';
    case 'ENOSPC':
      return kind !== 'read' && kind !== 'remove' && kind !== 'truncate' && kind !== 'sink truncate';
    case 'EMFILE':
      return kind === 'open';
    default:
      return true;
  }
}
