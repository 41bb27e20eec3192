/**
 * What happened in a test or a simulated run, for people: every invocation with what it was given and what it sent, and
 * between them what happened to the engine. It keeps the newest events only, as they are, and makes lines of them when
 * somebody asks; so keeping it costs little.
 */
import { inspect } from 'node:util';
import type { Address } from '../sdk/address.ts';
import type { Clock } from '../base/clock.ts';

const EVENTS_MAX = 5_000;
const DAY_MS = 86_400_000;
const VALUE_LENGTH_MAX = 160;

/** Something that an invocation has sent; `to` says where to, as people read it. */
export interface SentEvent {
  readonly to: string;
  readonly payload: unknown;
  /** How much later. */
  readonly delayMs?: number;
}

export interface InvocationEvent {
  readonly at: number;
  readonly shard: number;
  readonly self: Address;
  readonly caller: Address | undefined;
  readonly message: unknown;
  /** When its promise settled, if it had to be awaited. */
  endedAt?: number;
  sent?: readonly SentEvent[];
  error?: unknown;
}

interface NoteEvent {
  readonly at: number;
  readonly note: string;
}

type TraceEvent = InvocationEvent | NoteEvent;

export class Trace {
  readonly clock: Clock;
  /** Of all invocations, also those that are forgotten. */
  invocationCount = 0;
  readonly #startedAt: number;
  #events: TraceEvent[] = [];
  #forgottenCount = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.#startedAt = clock.now();
  }

  /** What happened to the engine. */
  note(note: string): void {
    this.#add({ at: this.clock.now(), note });
  }

  /** An invocation begins; whoever calls fills in how it ends. */
  began(event: InvocationEvent): void {
    this.invocationCount++;
    this.#add(event);
  }

  #add(event: TraceEvent): void {
    this.#events.push(event);
    if (this.#events.length < 2 * EVENTS_MAX) return;
    this.#events = this.#events.slice(EVENTS_MAX);
    this.#forgottenCount += EVENTS_MAX;
  }

  /**
   * The last `countMax` events, as lines; before them as many older ones that have to do with an address whose id
   * stands in `about`, such as the text of an error.
   */
  lines(countMax: number = EVENTS_MAX, about = ''): string[] {
    const lastFrom = Math.max(0, this.#events.length - countMax);
    const words = new Set(about.split(/[^\p{L}\p{N}_-]+/u));
    const concerns = (event: TraceEvent): boolean => 'self' in event && words.has(event.self.id);
    const older = this.#events.slice(0, lastFrom).filter(concerns).slice(-countMax);
    const leftOut = this.#forgottenCount + lastFrom - older.length;
    return [
      ...older.flatMap((event) => this.#linesOf(event)),
      ...(leftOut === 0 ? [] : [`  … ${leftOut} earlier events are left out`]),
      ...this.#events.slice(lastFrom).flatMap((event) => this.#linesOf(event)),
    ];
  }

  #linesOf(event: TraceEvent): string[] {
    const time = sinceText(event.at - this.#startedAt).padStart(10);
    if ('note' in event) return [`${time}  -- ${event.note} --`];
    const { shard, self, caller, message, sent = [], endedAt, error } = event;
    const from = caller === undefined ? 'outside' : nameOf(caller);
    const lines = [`${time}  shard ${shard}  ${nameOf(self)} got ${valueText(message)} from ${from}`];
    const indent = ' '.repeat(12);
    if (event.endedAt === undefined && event.sent === undefined) lines.push(`${indent}(did not come to its end)`);
    if (endedAt !== undefined && endedAt > event.at) {
      lines.push(`${indent}ended at ${sinceText(endedAt - this.#startedAt)}`);
    }
    if (error !== undefined) lines.push(`${indent}threw ${error instanceof Error ? String(error) : valueText(error)}`);
    for (const { to, payload, delayMs } of sent) {
      const later = delayMs === undefined ? '' : ` in ${sinceText(delayMs)}`;
      lines.push(`${indent}→ ${to}${later}: ${valueText(payload)}`);
    }
    return lines;
  }
}

export function nameOf({ type, id }: Address): string {
  return `${type} "${id}"`;
}

export function valueText(value: unknown): string {
  const options = { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80, maxArrayLength: 10 };
  const text = inspect(value, options);
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
}

/** A point of virtual time for people: seconds since the beginning, with days in front once there are any. */
function sinceText(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const seconds = `${((ms - days * DAY_MS) / 1000).toFixed(3)} s`;
  return days === 0 ? seconds : `${days} d ${seconds}`;
}
