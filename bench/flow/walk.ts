/**
 * Walks: chains of messages whose every step is drawn from a random sequence that the message itself carries. So it does
 * not matter which thread or process takes a step, or how often a process is killed: where a walk comes by is known
 * beforehand, and the counts of any sample of entities can be checked without asking all of them.
 *
 * An entity holds one number: its own number when it is loaded, and one more for each walk that comes by.
 */

/** The message. The fields stay the same for all purposes, so that all have one shape. */
export interface Walk {
  /** The state of the random sequence, whose remainder is the entity; while loading, the number of the entity. */
  readonly x: number;
  /** Steps still to be taken; while loading, the number at which it ends. */
  readonly left: number;
  /** `STEP`, `CENSUS`, `ECHO`; or, while loading, how far it is to the next entity. */
  readonly kind: number;
  /** Handed on from step to step; absent unless messages are to be long. */
  readonly body?: Uint8Array;
}

export const STEP = 0;
export const CENSUS = -1;
export const ECHO = -2;
/** What an entity without state replies to `ECHO`. */
export const UNKNOWN = -1;

/** Several walks side by side, begun together. */
export interface Walks {
  readonly count: number;
  /** Each takes one step more than this. */
  readonly rounds: number;
  /** Other seeds, other ways. */
  readonly seed: number;
}

/** Entities in a sample, about. */
const SAMPLE_COUNT = 10_000;

export function walkId(number: number): string {
  return `entity-${number}`;
}

/** Marsaglia's xorshift with 32 bits. */
export function nextDraw(x: number): number {
  let next = x;
  next ^= next << 13;
  next ^= next >>> 17;
  return next ^ (next << 5);
}

export function entityOfDraw(x: number, entities: number): number {
  return (x >>> 0) % entities;
}

/** Where the sequence of one walk begins; the first step goes to the entity of this draw. */
export function firstDraw({ seed }: Walks, walk: number): number {
  return nextDraw((Math.imul(seed, 0x85ebca6b) + Math.imul(walk + 1, 0x9e3779b1)) | 1);
}

export function stepCount({ count, rounds }: Walks): number {
  return count * (rounds + 1);
}

/** Every how manyth entity is in the sample. */
export function sampleStride(entities: number): number {
  return Math.max(1, Math.floor(entities / SAMPLE_COUNT));
}

/** The sum of the sample's numbers when they are loaded. */
export function loadedSum(entities: number): number {
  const stride = sampleStride(entities);
  let sum = 0;
  for (let number = 0; number < entities; number += stride) sum += number;
  return sum;
}

/** How often these walks come by somebody in the sample. */
export function sampledVisits(walks: Walks, entities: number): number {
  const stride = sampleStride(entities);
  let visits = 0;
  for (let walk = 0; walk < walks.count; walk++) {
    let x = firstDraw(walks, walk);
    for (let step = 0; step <= walks.rounds; step++) {
      if (entityOfDraw(x, entities) % stride === 0) visits++;
      x = nextDraw(x);
    }
  }
  return visits;
}
