/**
 * What the functions of command trees are called, what they are sent, and what they keep.
 */
import { type Address, type AsyncResult, type Context, list, table, value } from '../../src/index.ts';
import type { Command, Target } from './command-tree.ts';
import type { Held } from './tree-model.ts';

export const PLAIN_TYPE = 'smoke/plain';
export const ASYNC_TYPE = 'smoke/async';
export const RESULTS_TYPE = 'smoke/results';

export interface TreeMessage {
  readonly uid: number;
  readonly commands: readonly Command[];
  /** Whoever asked from outside for this tree to be carried out. */
  readonly answerTo?: Address | undefined;
}

/** Of a schedule, or of a fuse. */
export interface Tick {
  readonly tick: number;
}

/** Asks an instance for what it holds. */
export const VERIFY = 'verify';

export type Told = TreeMessage | Tick | AsyncResult<TreeMessage> | typeof VERIFY;
export type TreeReply = TreeMessage | Held | number;

/** The name of the table of schedules that have not come yet. */
export const OPEN = 'open';

export const FADE_MS = 500;

export const TREE_STATE = {
  count: value({ initial: 0 }),
  entries: table<number>(),
  elements: list<number>(),
  [OPEN]: table<TreeMessage>(),
} as const;

/** A function with a state that expires takes ways of its own, so not all functions are to have one. */
export const FADING_STATE = {
  ...TREE_STATE,
  fading: value<number>({ expire: { after: FADE_MS } }),
  /** When it was written. */
  fadingSince: value<number>(),
} as const;

export type TreeState = typeof FADING_STATE;
export type TreeContext = Context<TreeState, TreeReply>;

/** Ids of all kinds: ASCII, and of two, three and four bytes a character. */
export function idOf(instance: number): string {
  return `${['', 'é', '号', '🐎'][instance % 4]}${instance}`;
}

export function typeOf({ async }: Target): string {
  return async ? ASYNC_TYPE : PLAIN_TYPE;
}

export function targetOf({ type, id }: Address): Target {
  return { async: type === ASYNC_TYPE, instance: Number(id.replace(/^\D+/u, '')) };
}
