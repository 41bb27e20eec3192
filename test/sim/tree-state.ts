/**
 * What the functions of command trees hold, and what of them has failed, read off a committed cut or the memory of shards
 * into a model of its own, to be compared with what it must be. A schedule that has not come yet is something in flight;
 * so are a message that has stumbled and is a dead letter, and one that waits for an address that is parked.
 */
import type { Address, MillraceError, QuarantineEvent } from '../../src/index.ts';
import { type DeadLetterRow, isDeadLetterKey, messageOf } from '../../src/shard/failing/dead-letters.ts';
import { isParkedMessage, type ParkedMessage } from '../../src/shard/failing/parked-address.ts';
import { bareValue } from '../../src/state/kept-value.ts';
import { readAddressBytes } from '../../src/state/row.ts';
import { SECTION_PARKED } from '../../src/store/key-layout.ts';
import { check } from '../../src/testing/violation.ts';
import { decodeTagged } from '../../src/wire/tagged-value.ts';
import type { Target } from '../smoke/command-tree.ts';
import {
  instanceOf,
  NURSE_TYPE,
  ORDERED,
  STUMBLED,
  targetOf,
  type Told,
  TREE_TYPES,
  type TreeMessage,
} from '../smoke/tree-messages.ts';
import { keyOf, type Model } from '../smoke/tree-model.ts';
import { OPEN, type Tally } from '../smoke/tree-states.ts';
import { partsOf } from './state-rows.ts';

type Rows = Iterable<readonly [key: string, value: unknown]>;

/** The values of an entity, by the names of its states. */
export type Values = Readonly<Record<string, unknown>>;

/** A message that is in flight, or waits. */
export interface Waiting extends Address {
  readonly message: Told | QuarantineEvent;
  readonly caller: Address | undefined;
}

/** Returns schedules that have not come yet. */
export function readHeld(
  found: Model,
  entities: Iterable<readonly [address: Address, values: Values]>,
  rows: Rows,
): { readonly self: Target; readonly message: TreeMessage }[] {
  const open: { readonly self: Target; readonly message: TreeMessage }[] = [];
  for (const [{ type, id }, { count, tally, told }] of entities) {
    if (type === NURSE_TYPE) found.tell(instanceOf(id), Number(told ?? 0));
    else found.hold(targetOf({ type, id }), { count: Number(count ?? 0), tally: (tally as Tally)?.count ?? 0 });
  }
  for (const { address, name, key, value: stored } of partsOf(rows)) {
    const value = bareValue(stored);
    const self = targetOf(address);
    const { entries, elements } = found.heldBy(self);
    if (name === OPEN) open.push({ self, message: value as TreeMessage });
    else if (key === undefined) found.hold(self, { elements: [...elements, value as number] });
    else {
      check(key === keyOf(value as number), () => `entry ${key} is ${String(value)}`);
      found.hold(self, { entries: [...entries, value as number] });
    }
  }
  return open;
}

/** What has failed for ever. Returns what somebody is to let go on. */
export function readFailed(found: Model, rows: Rows): Waiting[] {
  const waiting: Waiting[] = [];
  for (const [key, row] of rows) {
    if (isDeadLetterKey(key)) readLetter(found, row as DeadLetterRow, waiting);
    else if (key.charCodeAt(2) === SECTION_PARKED && key.length > 3) readParked(key, row as ParkedMessage, waiting);
  }
  return waiting;
}

function readLetter(found: Model, row: DeadLetterRow, waiting: Waiting[]): void {
  const { type, id, source, error } = row;
  const message = messageOf(row) as Told;
  const isForEver = error.message === ORDERED || error.code === 'UNKNOWN_TARGET';
  if (isForEver) found.failed.push((messageIn(message) as TreeMessage).uid);
  else waiting.push({ type, id, message, caller: source === null ? undefined : { type: source[0], id: source[1] } });
}

function readParked(key: string, { source, message }: ParkedMessage, waiting: Waiting[]): void {
  const { type, id, end } = readAddressBytes(key, 3);
  if (!isParkedMessage(key, end)) return;
  const caller = source === null ? undefined : { type: source[0], id: source[1] };
  waiting.push({ type, id, message: decodeTagged(message) as Told, caller });
}

/** What comes of messages that are in flight or wait. */
export function readWaiting(found: Model, waiting: Iterable<Waiting>): void {
  for (const { type, id, message, caller } of waiting) {
    if (type === NURSE_TYPE) {
      if ((message as QuarantineEvent).error.message === ORDERED) found.tell(instanceOf(id));
      continue;
    }
    const told = messageIn(message as Told);
    // A tick says only that what is still open may be begun.
    if (told === undefined) continue;
    if (TREE_TYPES.includes(type)) found.comes(targetOf({ type, id }), treeTarget(caller), told);
    else found.failed.push(told.uid);
  }
}

function messageIn(told: Told): TreeMessage | undefined {
  if (typeof told !== 'object' || 'tick' in told) return undefined;
  return 'metadata' in told ? told.metadata : told;
}

function treeTarget(caller: Address | undefined): Target | undefined {
  return caller !== undefined && TREE_TYPES.includes(caller.type) ? targetOf(caller) : undefined;
}

/** Whether the trees have ordered that this goes wrong. */
export function isExpectedFailure({ code, cause }: MillraceError): boolean {
  if (code === 'UNKNOWN_TARGET') return true;
  if (code !== 'INVOCATION_FAILED' || !(cause instanceof Error)) return false;
  return cause.message === ORDERED || cause.message === STUMBLED;
}
