/**
 * What a scenario wants of the engine, as something that can be said to whatever process happens to run, and said again to
 * the next one if that has died before it answered.
 */
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { DeadLetters } from '../engine/dead-letters.ts';
import { isAddress, Parked } from '../engine/parked.ts';
import { ShardDoor } from '../engine/shard-door.ts';
import { WaitingRoom } from '../engine/waiting-room.ts';
import type { Address } from '../sdk/address.ts';
import type { DeadLetterFilter } from '../sdk/dead-letter.ts';
import { describe } from '../sdk/errors.ts';
import type { DurableProcess } from './durable-process.ts';
import type { SimulatedClock } from './simulated-clock.ts';

export interface Call {
  /** What somebody waits for, as people say it. */
  readonly waitsFor: string;
  /** Of a message: said twice, it takes effect once. */
  readonly key?: string;
  /** Resolves with the answer; never, if the process dies before. */
  say(process: DurableProcess): Promise<unknown>;
}

export function sending(type: string, id: string, message: unknown, key: string): Call {
  return {
    waitsFor: `the commit of its message to ${type} ${describe(id)}`,
    key,
    say: (process) => clientsOf(process).send(type, id, message, true, key),
  };
}

export function asking(type: string, id: string, message: unknown): Call {
  return {
    waitsFor: `an answer to its question to ${type} ${describe(id)}`,
    say: (process) =>
      new Promise((resolve, reject) => {
        clientsOf(process).ask(type, id, message, { replied: resolve, failed: reject }, true);
      }),
  };
}

function clientsOf({ clients }: DurableProcess): NonNullable<DurableProcess['clients']> {
  assert(clients !== undefined, 'only a process that runs is spoken to');
  return clients;
}

/** What becomes of messages that have failed. */
export interface Mending {
  readonly letters: DeadLetters;
  readonly parked: Parked;
  /** Of an order that is given again: what was there when it was first given. */
  meant(which: DeadLetterFilter | Iterable<string>): DeadLetterFilter | Iterable<string>;
  meant(which: Address | DeadLetterFilter): Address | DeadLetterFilter;
}

export function ordering(what: string, clock: SimulatedClock, order: (mending: Mending) => Promise<unknown>): Call {
  let firstAt: number | undefined;
  return {
    waitsFor: `the commit of ${what}`,
    say(process) {
      const before = firstAt;
      // Nothing that the order causes happens in the millisecond of what it means.
      if (before === undefined) clock.advance(1);
      firstAt ??= clock.now();
      return order({ ...mendingOf(process, clock), meant: (which: never) => meantBefore(which, before) });
    },
  };
}

function mendingOf({ engine }: DurableProcess, clock: Clock): Pick<Mending, 'letters' | 'parked'> {
  assert(engine !== undefined, 'only a process that runs is given orders');
  const { coordinator } = engine;
  const hooks = { checkRunning() {}, flush() {}, now: () => clock.now() };
  const door = new ShardDoor(coordinator.requests, new WaitingRoom(), hooks);
  return { letters: new DeadLetters(door, coordinator.directory), parked: new Parked(door) };
}

/** Without what has failed, or was parked, since: the order that is repeated may have caused it. */
export function meantBefore<Which extends object>(which: Which, before: number | undefined): Which {
  if (before === undefined || typeof which !== 'object' || Symbol.iterator in which) return which;
  const filter = which as DeadLetterFilter;
  const exact = isAddress(filter) ? { id: filter.id.replaceAll(/[*?\\]/g, String.raw`\$&`) } : {};
  return { ...which, ...exact, to: Math.min(Number(filter.to ?? before), before) };
}
