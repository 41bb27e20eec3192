/**
 * Which calls lives make, counted: the points at which a life like them can be killed, or its calls can fail.
 */
import { readFileSync } from 'node:fs';
import type { Prng } from '../../src/base/prng.ts';
import type { CallKind, CallPlace, ThreadKind } from './call-plan.ts';

export interface CallPoint {
  readonly thread: ThreadKind;
  readonly kind: CallKind;
  readonly place: CallPlace;
  /** How often, in the thread that does it most. */
  readonly count: number;
}

type Calls = Partial<Record<CallPlace, readonly CallKind[]>>;

const NEW_FILE = ['open', 'write', 'sync', 'sync directory', 'rename'] as const;

/** What lives of all scenes must have come to, or a part of the engine was not put to the test. */
const MAIN_CALLS: Calls = {
  directory: ['make directory', ...NEW_FILE, 'read', 'remove', 'list'],
  manifest: [...NEW_FILE.filter((kind) => kind !== 'sync directory'), 'read', 'remove'],
  witness: ['open', 'read', 'write'],
  journal: ['make directory', ...NEW_FILE, 'read', 'remove', 'truncate', 'list'],
  changelog: ['make directory', 'remove directory', ...NEW_FILE.slice(0, 4), 'read', 'list'],
  store: ['open', 'list', 'sync directory'],
  savepoint: ['make directory', ...NEW_FILE, 'read', 'list'],
  output: ['open', 'write', 'sync', 'truncate'],
};
const WORKER_CALLS: Calls = {
  changelog: ['open', 'read', 'write', 'rename', 'remove', 'truncate', 'sync directory', 'list'],
  store: ['make directory', 'list'],
  savepoint: ['open', 'write', 'sync'],
};
/** LevelDB makes its calls in native code, where they cannot be got at. */
const STORE_CALLS: readonly CallKind[] = [...NEW_FILE, 'read', 'remove'];

/** Which of these points are missing, by name. */
export function missingPoints(points: readonly CallPoint[], isNativeFree: boolean): string[] {
  const names = new Set(points.map(pointName));
  const needed = [...namesOf('main', MAIN_CALLS), ...namesOf('worker', WORKER_CALLS)];
  if (isNativeFree) needed.push(...namesOf('worker', { store: STORE_CALLS }));
  return needed.filter((name) => !names.has(name));
}

function namesOf(thread: ThreadKind, calls: Calls): string[] {
  return Object.entries(calls).flatMap(([place, kinds]) =>
    kinds.map((kind) => pointName({ thread, kind, place: place as CallPlace })),
  );
}

export function pointName({ thread, kind, place }: Omit<CallPoint, 'count'>): string {
  return `${kind}, ${place}, ${thread}`;
}

/** What `file-calls.ts` has written of one life. */
export function readSurvey(path: string): CallPoint[] {
  const counts = new Map<string, number>();
  for (const call of readFileSync(path, 'utf8').trimEnd().split('\n')) counts.set(call, (counts.get(call) ?? 0) + 1);
  return mergePoints([...counts].map(([call, count]) => pointOf(call, count)));
}

function pointOf(call: string, count: number): CallPoint {
  const [threadId = '', kind = '', place = ''] = call.split('/');
  return { thread: threadId === '0' ? 'main' : 'worker', kind: kind as CallKind, place: place as CallPlace, count };
}

/** Each point once, with the greatest count. */
export function mergePoints(points: readonly CallPoint[]): CallPoint[] {
  const merged = new Map<string, CallPoint>();
  for (const point of points) {
    const known = merged.get(pointName(point));
    if (known === undefined || known.count < point.count) merged.set(pointName(point), point);
  }
  return [...merged.values()];
}

export function shuffled<Item>(items: readonly Item[], prng: Prng): Item[] {
  return items
    .map((item) => ({ item, at: prng.fraction() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
