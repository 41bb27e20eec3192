/**
 * Which call to the file system of which thread goes wrong, and how. A plan goes to a process in an environment
 * variable, and is carried out there by `file-calls.ts`. The calls that there are to choose from are those that a survey
 * has counted (`call-survey.ts`).
 */
import { relative, sep } from 'node:path';

export const CALL_KINDS = [
  'open',
  'read',
  'write',
  'sync',
  'sync directory',
  'rename',
  'remove',
  'remove directory',
  'truncate',
  'make directory',
  'list',
  'look at',
] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** What a call is about: a part of the data directory, a savepoint, or the output file. */
export type CallPlace =
  | 'changelog'
  | 'store'
  | 'journal'
  | 'manifest'
  | 'witness'
  | 'directory'
  | 'savepoint'
  | 'output'
  | 'folder';

export type ThreadKind = 'main' | 'worker';

/**
 * `before` and `after` kill the process there, `torn` kills it when half is done. `short` writes half of the bytes and
 * says so. All others are errors of the system; a write that fails has written half of the bytes.
 */
export const KILLS = ['before', 'after', 'torn'] as const;
export const FAULTS = ['EIO', 'ENOSPC', 'EMFILE', 'short'] as const;
export type Kill = (typeof KILLS)[number];
export type Fault = (typeof FAULTS)[number];

export interface CallPlan {
  readonly kind: CallKind;
  /** All places if absent. */
  readonly place?: CallPlace;
  readonly thread: ThreadKind;
  /** Counted from 1 in each thread. */
  readonly nth: number;
  readonly how: Kill | Fault;
  /** Whether all such calls fail from the nth on; otherwise one call of the process does. */
  readonly isLasting?: boolean;
}

/** Holds a list of plans, as JSON. */
export const PLAN_VARIABLE = 'CRASH_PLAN';
/** The folder in which calls are counted. */
export const FOLDER_VARIABLE = 'CRASH_FOLDER';
/** Names a file that gets a line for every call. */
export const SURVEY_VARIABLE = 'CRASH_SURVEY';

/** What the folder of a world holds. */
export const INPUT_NAME = 'input.ndjson';
export const OUTPUT_NAME = 'output.ndjson';
export const SAVEPOINTS_NAME = 'savepoints';

/** Of a path in the folder of a world; undefined elsewhere, and for what the engine only reads its input from. */
export function placeOf(path: string, folder: string): CallPlace | undefined {
  const within = relative(folder, path);
  if (within === '') return 'folder';
  const [top = '', second = '', , fourth] = within.split(sep);
  if (top === OUTPUT_NAME) return 'output';
  if (top === SAVEPOINTS_NAME) return 'savepoint';
  if (!top.startsWith('data')) return undefined;
  if (second.startsWith('generation-')) return fourth === 'store' ? 'store' : 'changelog';
  if (second === 'egress') return 'journal';
  if (second.startsWith('manifest-')) return 'manifest';
  return second === 'committed' ? 'witness' : 'directory';
}

export function describePlan({ kind, place, thread, nth, how, isLasting }: CallPlan): string {
  const call = `${kind} ${nth}${isLasting === true ? ' and on' : ''}`;
  return `${how} at ${call} of ${place === undefined ? 'all' : `the ${place}`} by ${thread}`;
}

/** Which of these can happen to a call. */
export function canHappen(how: Kill | Fault, kind: CallKind): boolean {
  switch (how) {
    case 'torn':
      return kind === 'write' || kind === 'remove directory';
    case 'short':
      return kind === 'write';
    case 'ENOSPC':
      return !['read', 'remove', 'remove directory', 'truncate', 'list', 'look at'].includes(kind);
    case 'EMFILE':
      return kind === 'open' || kind === 'list';
    default:
      return true;
  }
}
