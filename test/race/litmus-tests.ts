/**
 * What two threads may see of each other, as tables: for each test, two actors that run once each over the same small
 * memory, and every outcome that there can be, with a verdict and its meaning. They ask the machine at hand whether it
 * keeps the promises on which the ring and the doorbell stand. The last one is a control: it makes no promise, and
 * shows how much such a machine does when none is asked for.
 */
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../../src/ring/doorbell.ts';
import { RING_CAPACITY_BYTES_MIN } from '../../src/ring/ring-layout.ts';
import { allocateRing, RingMemory } from '../../src/ring/ring-memory.ts';

export type Verdict = 'expected' | 'forbidden' | 'surprising';

export interface LitmusTest {
  readonly name: string;
  /** What each actor saw; the arguments are one instance of the memory, used by one run of each. */
  readonly actors: readonly [Actor, Actor];
  /** What is to be seen afterwards, joined to what the actors saw. */
  readonly arbiter?: Actor;
  readonly outcomes: readonly { readonly values: string; readonly verdict: Verdict; readonly meaning: string }[];
}

export type Actor = (instance: Instance) => number;

export interface Instance {
  readonly ring: RingMemory;
  readonly bellWords: Int32Array;
  readonly bell: Doorbell;
}

export interface SharedInstance {
  readonly ring: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
}

export function allocateInstance(): SharedInstance {
  return { ring: allocateRing(RING_CAPACITY_BYTES_MIN), bell: new SharedArrayBuffer(DOORBELL_STRIDE_WORDS * 4) };
}

export function openInstance({ ring, bell }: SharedInstance): Instance {
  const bellWords = new Int32Array(bell);
  return { ring: new RingMemory(ring), bellWords, bell: new Doorbell(bellWords, 0) };
}

export function resetInstance({ ring, bell }: Instance): void {
  ring.words.fill(0);
  ring.publishHead(0);
  ring.publishTail(0);
  bell.rise();
}

const NOTHING = 0;

export const LITMUS_TESTS: readonly LitmusTest[] = [
  {
    name: 'who sees the tail sees the payload',
    actors: [
      ({ ring }) => {
        ring.words[0] = 1;
        ring.publishTail(4);
        return NOTHING;
      },
      ({ ring }) => {
        const tail = ring.observeTail();
        return tail * 10 + ring.words[0];
      },
    ],
    outcomes: [
      { values: '0 0', verdict: 'expected', meaning: 'the reader comes before the writer' },
      {
        values: '0 1',
        verdict: 'expected',
        meaning: 'the payload is there before it is published: nobody looks at it',
      },
      { values: '0 41', verdict: 'expected', meaning: 'published and seen' },
      { values: '0 40', verdict: 'forbidden', meaning: 'published, but the payload is not there yet' },
    ],
  },
  {
    name: 'who sees the head may overwrite',
    actors: [
      ({ ring }) => {
        const head = ring.observeHead();
        if (head === 4) ring.words[0] = 1;
        return head;
      },
      ({ ring }) => {
        const payload = ring.words[0];
        ring.publishHead(4);
        return payload;
      },
    ],
    outcomes: [
      { values: '0 0', verdict: 'expected', meaning: 'not given back yet: the writer leaves it alone' },
      { values: '4 0', verdict: 'expected', meaning: 'given back, and overwritten after it was read' },
      { values: '4 1', verdict: 'forbidden', meaning: 'the reader sees what was written after it gave back' },
    ],
  },
  {
    name: 'a parked owner is rung, or sees the frame itself',
    actors: [
      ({ ring, bell }) => {
        ring.publishTail(4);
        bell.ring();
        return NOTHING;
      },
      ({ ring, bell }) => {
        bell.declareParked();
        return ring.observeTail();
      },
    ],
    arbiter: ({ bellWords }) => bellWords[0],
    outcomes: [
      { values: '0 0 0', verdict: 'expected', meaning: 'the owner parks and is rung' },
      { values: '0 4 0', verdict: 'expected', meaning: 'rung, though it saw the frame as well' },
      { values: '0 4 1', verdict: 'expected', meaning: 'nobody rang, but it saw the frame' },
      { values: '0 0 1', verdict: 'forbidden', meaning: 'a lost wake-up: parked beside a frame' },
    ],
  },
  {
    name: 'control: two plain stores, each before a plain load of the other',
    actors: [
      ({ ring }) => {
        ring.words[0] = 1;
        return ring.words[1];
      },
      ({ ring }) => {
        ring.words[1] = 1;
        return ring.words[0];
      },
    ],
    outcomes: [
      { values: '0 1', verdict: 'expected', meaning: 'the first runs before the second' },
      { values: '1 0', verdict: 'expected', meaning: 'the second runs before the first' },
      { values: '1 1', verdict: 'expected', meaning: 'both stores come first' },
      { values: '0 0', verdict: 'surprising', meaning: 'both loads overtake the stores: why parking needs Atomics' },
    ],
  },
];
