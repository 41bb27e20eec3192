/**
 * What the functions of command trees are called, and what they are sent. One is known by its name, the other serves a
 * namespace, of which some types are addressed; in some modules one of these has a function of its own.
 */
import type { Address, AsyncResult, OutsideMessageOptions } from '../../src/index.ts';
import type { Command, Root, Target } from './command-tree.ts';
import type { Held } from './tree-model.ts';

export const PLAIN_TYPE = 'smoke/plain';
const ASYNC_NAMESPACE = 'smoke.async';
export const WHOLE_ASYNC_TYPE: string = `${ASYNC_NAMESPACE}/*`;
const ASYNC_TYPES = [0, 1, 2].map((number) => `${ASYNC_NAMESPACE}/${number}`);
/** One of the namespace that may have a function of its own. */
export const OWN_ASYNC_TYPE: string = ASYNC_TYPES[1];
export const TREE_TYPES: readonly string[] = [PLAIN_TYPE, ...ASYNC_TYPES];
export const RESULTS_TYPE = 'smoke/results';
/** Hears of all that has failed, at the id at which it has. */
export const NURSE_TYPE = 'smoke/nurse';
/** What no module has. */
export const NOBODY_TYPE = 'nobody/there';

/** What those throw who are told to. */
export const ORDERED = 'as ordered';
export const STUMBLED = 'stumbled';

export interface TreeMessage {
  readonly uid: number;
  readonly commands: readonly Command[];
  /** Whoever asked from outside for this tree to be carried out. */
  readonly answerTo?: Address | undefined;
  /** The root with whose trace it began. */
  readonly root?: number | undefined;
  /** It was a dead letter, and somebody has seen to it that it stumbles no more. */
  readonly mended?: true;
}

/** Of a schedule, or of a fuse. */
export interface Tick {
  readonly tick: number;
}

/** Asks an instance for what it holds. */
export const VERIFY = 'verify';

export type Told = TreeMessage | Tick | AsyncResult<TreeMessage> | typeof VERIFY;
/** What an instance holds, and how many of its schedules have not come. */
export interface TreeReport extends Held {
  readonly openCount: number;
}

export type TreeReply = TreeMessage | TreeReport | number;

/** What enters from outside with a root. */
export function messageOf({ uid, commands, traced }: Root): TreeMessage {
  return { uid, commands, ...(traced ? { root: uid } : {}) };
}

export function optionsOf({ uid, traced }: Root): OutsideMessageOptions {
  return traced ? { trace: { traceparent: `${tracePart(uid)}-00000000000000aa-01`, causalId: causalIdOf(uid) } } : {};
}

/** The version and the trace id of a `traceparent`, which is never all zeros. */
export function tracePart(root: number): string {
  return `00-${(root + 1).toString(16).padStart(32, '0')}`;
}

export function causalIdOf(root: number): string {
  return `root ${root}`;
}

/** Ids of all kinds: ASCII, and of two, three and four bytes a character. */
export function idOf(instance: number): string {
  return `${['', 'é', '号', '🐎'][instance % 4]}${instance}`;
}

export function typeOf({ async, instance }: Target): string {
  return async ? ASYNC_TYPES[instance % ASYNC_TYPES.length] : PLAIN_TYPE;
}

export function targetOf({ type, id }: Address): Target {
  return { async: type !== PLAIN_TYPE, instance: instanceOf(id) };
}

export function instanceOf(id: string): number {
  return Number(id.replace(/^\D+/u, ''));
}
