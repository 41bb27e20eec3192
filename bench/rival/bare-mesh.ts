/**
 * One worker of a mesh over bare shared memory: how fast the all-to-all of one number can be in several threads on this
 * machine, when everything that makes an engine is left out. It is no rival, since nobody could use it, but a limit, for
 * figures that are out of reach.
 *
 * ```
 *   id ──places──▶ { id, hash, worker, count }     a Map in each worker that knows all ids: no hash while it runs
 *                     │
 *        own:    the place and the message go through a queue, by reference
 *        other:  words in the ring to that worker:  │ hash │ hops │ length │ id, a character a byte … │
 *                     └──▶ finds the place by the hash in a table, and compares the id
 * ```
 *
 * No message is isolated from its sender, checked, counted, timed or kept; ids are ASCII and known beforehand; a full
 * ring ends the program; nothing could be recovered, and no other work gets a turn meanwhile.
 */
import type { Hop } from '../flow/all-to-all-topology.ts';
import type { Tally, Topology } from '../flow/topology.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';
import { parcelQueue } from './parcel-queue.ts';

const HEAD = 0;
const TAIL = 32;
const DATA_WORD = 64;
const CAPACITY_WORDS = 64 * 1024;
const MASK = CAPACITY_WORDS - 1;
const FIXED_WORDS = 3;
/** Frames do not wrap; this instead of a length says that the next one is at the start. */
const WRAPPED = -1;
const FRAME_WORDS_MAX = FIXED_WORDS + 16;

export const BARE_RING_BYTES: number = (DATA_WORD + CAPACITY_WORDS) * 4;

/** Who an id is, and all its state. */
interface Place extends Tally {
  readonly id: string;
  readonly hash: number;
  readonly worker: number;
}

export interface BareWorker {
  begin(chains: number, rounds: number): void;
  /** Handles what there is; returns how many messages. */
  turn(): number;
  /** The sum of all counts of this worker, which start over at 0. */
  takeSum(): number;
}

/** `rings[a][b]` is from worker `a` to worker `b`. */
export function bareWorker(
  topology: Topology<Hop>,
  worker: number,
  rings: readonly (readonly SharedArrayBuffer[])[],
): BareWorker {
  const places = new Map(topology.ids.map((id) => [id, placeOf(id, rings.length)]));
  const own = [...places.values()].filter((place) => place.worker === worker);
  const find = placeTable(own);
  const outgoing = rings[worker].map(bareProducer);
  const incoming = rings.map((row) => bareConsumer(row[worker]));
  const queue = parcelQueue<Place, Hop>((place, hop) => topology.receive(place, hop, send));

  const send = (id: string, hop: Hop): void => {
    const place = places.get(id) as Place;
    if (place.worker === worker) queue.push(place, hop);
    else outgoing[place.worker].write(place, hop.hops);
  };
  const take = (words: Int32Array, bytes: Uint8Array, at: number): void =>
    topology.receive(find(words, bytes, at), { hops: words[at + 1] }, send);

  return {
    begin(chains, rounds) {
      for (let chain = worker; chain < chains; chain += rings.length) topology.begin(chain, rounds, send);
    },
    turn() {
      let count = 0;
      for (const ring of incoming) count += ring.drain(take);
      count += queue.run();
      for (const ring of outgoing) ring.publish();
      return count;
    },
    takeSum() {
      let sum = 0;
      for (const place of own) {
        sum += place.count;
        place.count = 0;
      }
      return sum;
    },
  };
}

function placeOf(id: string, workerCount: number): Place {
  const hash = hashId(id);
  return { id, hash, worker: shardOfHash(hash, workerCount), count: 0 };
}

type FindPlace = (words: Int32Array, bytes: Uint8Array, at: number) => Place;

/** Open addressing by the low bits of the hash, half full at most. */
function placeTable(places: readonly Place[]): FindPlace {
  const size = 2 ** Math.ceil(Math.log2(places.length * 2 + 1));
  const slots = new Array<Place | undefined>(size).fill(undefined);
  for (const place of places) {
    let slot = place.hash & (size - 1);
    while (slots[slot] !== undefined) slot = (slot + 1) & (size - 1);
    slots[slot] = place;
  }
  return (words, bytes, at) => {
    const hash = words[at];
    for (let slot = hash & (size - 1); ; slot = (slot + 1) & (size - 1)) {
      const place = slots[slot];
      if (place === undefined) throw new Error('A message for nobody.');
      if (place.hash === hash && isSame(place.id, bytes, (at + FIXED_WORDS) * 4, words[at + 2])) return place;
    }
  };
}

function isSame(id: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (id.length !== length) return false;
  for (let index = 0; index < length; index++) if (id.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}

function bareProducer(shared: SharedArrayBuffer): { write(place: Place, hops: number): void; publish(): void } {
  const head = new Int32Array(shared, 0, DATA_WORD);
  const words = new Int32Array(shared, DATA_WORD * 4);
  const bytes = new Uint8Array(shared, DATA_WORD * 4);
  let tail = 0;
  const write = ({ hash, id }: Place, hops: number): void => {
    if (((tail + FRAME_WORDS_MAX * 2 - Atomics.load(head, HEAD)) | 0) > CAPACITY_WORDS) throw new Error('Full.');
    if ((tail & MASK) + FRAME_WORDS_MAX > CAPACITY_WORDS) {
      words[(tail & MASK) + 2] = WRAPPED;
      tail = (tail + CAPACITY_WORDS - (tail & MASK)) | 0;
    }
    const at = tail & MASK;
    words[at] = hash;
    words[at + 1] = hops;
    words[at + 2] = id.length;
    const start = (at + FIXED_WORDS) * 4;
    for (let index = 0; index < id.length; index++) bytes[start + index] = id.charCodeAt(index);
    tail = (tail + FIXED_WORDS + ((id.length + 3) >> 2)) | 0;
  };
  const publish = (): void => {
    Atomics.store(head, TAIL, tail);
  };
  return { write, publish };
}

type TakeFrame = (words: Int32Array, bytes: Uint8Array, at: number) => void;

function bareConsumer(shared: SharedArrayBuffer): { drain(take: TakeFrame): number } {
  const positions = new Int32Array(shared, 0, DATA_WORD);
  const words = new Int32Array(shared, DATA_WORD * 4);
  const bytes = new Uint8Array(shared, DATA_WORD * 4);
  let head = 0;
  const drain = (take: TakeFrame): number => {
    const tail = Atomics.load(positions, TAIL);
    let count = 0;
    while (head !== tail) {
      const at = head & MASK;
      const length = words[at + 2];
      if (length === WRAPPED) {
        head = (head + CAPACITY_WORDS - at) | 0;
        continue;
      }
      take(words, bytes, at);
      head = (head + FIXED_WORDS + ((length + 3) >> 2)) | 0;
      count++;
    }
    Atomics.store(positions, HEAD, head);
    return count;
  };
  return { drain };
}
