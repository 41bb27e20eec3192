/**
 * What the functions of command trees keep, and how they come by ways of their own: each of these traits makes the engine
 * do things differently, so not all modules are to have all of them.
 */
import { type Context, type FailurePolicy, list, table, value, type ValueSpec } from '../../src/index.ts';
import { Refusal, smallSchema } from '../small-schema.ts';
import type { TreeMessage, TreeReply } from './tree-messages.ts';
import type { TreeOptions } from './tree-options.ts';

/** The name of the table of schedules that have not come yet. */
export const OPEN = 'open';

export const FADE_MS = 500;

export interface TreeTraits {
  /** Whether there may be commands to `fade`. */
  readonly fades: boolean;
  /** Of the code; 0 if no state has a version. */
  readonly version: number;
  /** Whether there are schemas. */
  readonly checks: boolean;
  readonly failure: FailurePolicy;
  /** Whether one of the types of the namespace has a function of its own. */
  readonly hasOwn: boolean;
}

export function traitsOf(options: TreeOptions, version = 1, hasOwn = false): TreeTraits {
  const otherwise = options.parks ? 'park' : 'dead-letter';
  return {
    fades: options.fadePr > 0,
    version: options.tallyPr > 0 ? version : 0,
    checks: options.misfitPr > 0,
    failure: { attempts: options.attempts, otherwise, backoff: { initialMs: 1, maxMs: 20 } },
    hasOwn,
  };
}

/** A count as one version of the code knows it. */
export interface Tally {
  readonly version: number;
  readonly count: number;
}

const TREE_STATE = {
  count: value({ initial: 0 }),
  entries: table<number>(),
  elements: list<number>(),
  [OPEN]: table<TreeMessage>(),
} as const;

const FADING_STATE = {
  fading: value<number>({ expire: { after: FADE_MS } }),
  /** When it was written. */
  fadingSince: value<number>(),
} as const;

type VersionedState = {
  readonly tally: ValueSpec<Tally>;
  readonly entries: typeof TREE_STATE.entries;
  readonly elements: typeof TREE_STATE.elements;
};

function versionedState(version: number): VersionedState {
  const migrate = stepsTo<number>(version, (uid) => uid);
  return {
    tally: value<Tally>({ initial: { version, count: 0 }, version, migrate: stepsTo(version, nextTally) }),
    entries: table<number>({ version, migrate }),
    elements: list<number>({ version, migrate }),
  };
}

/** What is negative is refused. */
const CHECKED_STATE = {
  guarded: value({
    initial: 0,
    schema: smallSchema<number>((count) => ((count as number) >= 0 ? (count as number) : new Refusal('too few'))),
  }),
};

export type TreeState = typeof TREE_STATE & typeof FADING_STATE & VersionedState & typeof CHECKED_STATE;
export type TreeContext = Context<TreeState, TreeReply>;

export function stateOf({ fades, version, checks }: TreeTraits): TreeState {
  const state = {
    ...TREE_STATE,
    ...(fades ? FADING_STATE : {}),
    ...(version > 0 ? versionedState(version) : {}),
    ...(checks ? CHECKED_STATE : {}),
  };
  return state as TreeState;
}

type Steps<Value> = Readonly<Record<number, (old: Value) => Value>>;

/** A step for each version before this one. */
function stepsTo<Value>(version: number, step: (old: Value, from: number) => Value): Steps<Value> {
  const before = Array.from({ length: version - 1 }, (_, index) => index + 1);
  return Object.fromEntries(before.map((from) => [from, (old: Value) => step(old, from)]));
}

function nextTally({ version, count }: Tally, from: number): Tally {
  if (version !== from) throw new Error(`violation: the step from version ${from} got one of version ${version}`);
  return { version: version + 1, count };
}
