/**
 * The ring as a system for the explorer: the real RingMemory, RingProducer and RingConsumer, one thread at each end,
 * small enough that everything that can happen does. The producer sends a list of frames as invocations do: some at a
 * time, published together, or taken back and tried again. The consumer checks each frame against that list.
 *
 * Three judges watch, and each finds most bugs without the others: the consumer's own check of what arrives, the guard,
 * which knows the rule of the layout (nobody writes between head and tail, nobody reads outside), and the race detector
 * of the memory model.
 */
import type { FrameHandler } from '../../src/ring/ring-consumer.ts';
import { RingConsumer } from '../../src/ring/ring-consumer.ts';
import {
  DATA_OFFSET_BYTES,
  FRAME_FIRST,
  FRAME_LAST,
  FRAME_LENGTH_MASK,
  FRAME_WHOLE,
  HEAD_WORD,
  TAIL_WORD,
} from '../../src/ring/ring-layout.ts';
import { allocateRing, RingMemory } from '../../src/ring/ring-memory.ts';
import { RING_FULL, RingProducer } from '../../src/ring/ring-producer.ts';
import type { System } from './explorer.ts';
import type { MemoryState } from './memory-model.ts';
import { type Operation, Violation } from './operation.ts';
import type { SteppedThread } from './stepped-thread.ts';

export interface RingScenario {
  readonly capacityBytes: number;
  /** Where head and tail stand at the beginning: how far it is to the end of the ring, and to the end of 32 bits. */
  readonly start: number;
  /** The lengths of the frames' bodies. */
  readonly bodies: readonly number[];
  /** Frames that are claimed before they are published together. */
  readonly batch: number;
  /** What a full ring does to a batch: the part that fitted is sent, or all of it is taken back and tried again. */
  readonly whenFull: 'publish' | 'rollback';
  /** Claims and fills a frame of each of these lengths and takes them back, before every batch. */
  readonly doomed: readonly number[];
  readonly drainMax: number;
  /** How bodies are written and read: by words, as far as they go, or by bytes. */
  readonly access: 'words' | 'bytes';
  /** Whether the consumer's handler wants to see frames ahead. */
  readonly looksAhead: boolean;
}

/** How the two ends are made, over memory that is stepped; the controls put broken ones in their place. */
export interface RingEnds {
  readonly producer: (memory: RingMemory, thread: SteppedThread) => RingProducer;
  readonly consumer: (memory: RingMemory, thread: SteppedThread) => RingConsumer;
}

export const REAL_ENDS: RingEnds = {
  producer: (memory) => new RingProducer(memory),
  consumer: (memory) => new RingConsumer(memory),
};

export interface Judges {
  readonly guard: boolean;
  readonly races: boolean;
}

export const ALL_JUDGES: Judges = { guard: true, races: true };

export const HEAD_ADDRESS: number = HEAD_WORD * 4;
export const TAIL_ADDRESS: number = TAIL_WORD * 4;
const POISON = 0x7ee1dead;

export function ringSystem(scenario: RingScenario, ends: RingEnds = REAL_ENDS, judges = ALL_JUDGES): System {
  const { capacityBytes } = scenario;
  return {
    buffer: allocateRing(capacityBytes),
    shape: { ...ringShape(capacityBytes, scenario.start), races: judges.races },
    threads: [
      { name: 'producer', program: (thread) => produce(thread, scenario, ends) },
      { name: 'consumer', program: (thread) => consume(thread, scenario, ends) },
    ],
    ...(judges.guard ? { guard: ownership(capacityBytes) } : {}),
  };
}

/** What lies where in a ring's memory. */
export function ringShape(capacityBytes: number, start: number): Pick<System['shape'], 'atomics' | 'plain'> {
  return {
    atomics: new Map([HEAD_ADDRESS, TAIL_ADDRESS].map((address) => [address, start])),
    plain: { start: DATA_OFFSET_BYTES, end: DATA_OFFSET_BYTES + capacityBytes },
  };
}

export function title(scenario: RingScenario): string {
  const { capacityBytes, start, bodies, batch, whenFull, doomed, drainMax, access, looksAhead } = scenario;
  const rollback = doomed.length === 0 ? '' : `, ${doomed.join('+')} taken back`;
  return (
    `${capacityBytes} bytes from ${start}, frames of ${bodies.join(' ')}, by ${batch}, ` +
    `${whenFull} when full${rollback}, drains of ${drainMax}, in ${access}${looksAhead ? ', looking ahead' : ''}`
  );
}

/** The rule of the layout: what lies between head and tail belongs to the consumer, all else to the producer. */
function ownership(capacityBytes: number): NonNullable<System['guard']> {
  return (thread: number, operation: Operation, memory: MemoryState) => {
    if (operation.kind !== 'load' && operation.kind !== 'store') return undefined;
    if (thread === 1 && operation.kind === 'store') return 'the consumer writes a frame';
    const head = memory.peek(HEAD_ADDRESS);
    const unreadBytes = (memory.peek(TAIL_ADDRESS) - head) | 0;
    if (unreadBytes < 0 || unreadBytes > capacityBytes) return `${unreadBytes} bytes between head and tail`;
    const isUnread = ((operation.address - DATA_OFFSET_BYTES - head) & (capacityBytes - 1)) < unreadBytes;
    if (thread === 0 && isUnread && operation.kind === 'store') return 'the producer overwrites what is not read yet';
    if (thread === 1 && !isUnread) return 'the consumer reads outside of head and tail';
    return undefined;
  };
}

/** The real memory with each plain access made a step; those of head and tail are steps because they are Atomics. */
export function steppedMemory(thread: SteppedThread): RingMemory {
  const memory = new RingMemory(thread.buffer);
  const { words, bytes } = memory;
  return Object.assign(memory, { words: thread.plainView(words), bytes: thread.plainView(bytes) });
}

function produce(thread: SteppedThread, scenario: RingScenario, ends: RingEnds): void {
  const producer = ends.producer(steppedMemory(thread), thread);
  const { bodies, batch } = scenario;
  for (let first = 0; first < bodies.length; first += batch) {
    takeBack(producer, scenario);
    sendBatch(thread, producer, scenario, first, Math.min(first + batch, bodies.length));
    producer.publish();
  }
}

/** What an invocation does that throws after it has sent something. */
function takeBack(producer: RingProducer, { doomed, access }: RingScenario): void {
  const { position } = producer;
  for (const bodyBytes of doomed) {
    const offset = producer.claim(bodyBytes, FRAME_LAST);
    if (offset === RING_FULL) break;
    if (access === 'words') for (let at = 0; at < bodyBytes; at += 4) producer.words[(offset + at) >> 2] = POISON;
    else for (let at = 0; at < bodyBytes; at++) producer.bytes[offset + at] = POISON & 0xff;
  }
  producer.rollback(position);
}

function sendBatch(
  thread: SteppedThread,
  producer: RingProducer,
  scenario: RingScenario,
  first: number,
  end: number,
): void {
  const { position } = producer;
  for (let index = first; index < end; index++) {
    if (send(producer, scenario, index)) continue;
    if (scenario.whenFull === 'publish') index--;
    else index = first - 1;
    if (scenario.whenFull === 'publish') producer.publish();
    else producer.rollback(position);
    thread.awaitChange(HEAD_ADDRESS);
  }
}

function send(producer: RingProducer, { bodies, access }: RingScenario, index: number): boolean {
  const bodyBytes = bodies[index];
  const offset = producer.claim(bodyBytes, flagsOf(index));
  if (offset === RING_FULL) return false;
  const wholeBytes = access === 'words' ? bodyBytes & ~3 : 0;
  for (let at = 0; at < wholeBytes; at += 4) producer.words[(offset + at) >> 2] = wordOf(index, at);
  for (let at = wholeBytes; at < bodyBytes; at++) producer.bytes[offset + at] = byteOf(index, at);
  return true;
}

function consume(thread: SteppedThread, scenario: RingScenario, ends: RingEnds): void {
  const memory = steppedMemory(thread);
  const consumer = ends.consumer(memory, thread);
  const check = new FrameCheck(memory, scenario);
  while (check.count < scenario.bodies.length) {
    if (consumer.drain(check, scenario.drainMax) === 0) thread.awaitChange(TAIL_ADDRESS);
  }
  if (consumer.hasFrames) throw new Violation('there are frames that nobody sent');
}

/** Compares every frame with the one that must come next: length, flags and each byte of the body (I2). */
class FrameCheck implements FrameHandler {
  readonly #memory: RingMemory;
  readonly #scenario: RingScenario;
  count = 0;
  readonly onFrameAhead?: (offsetBytes: number, header: number) => void;

  constructor(memory: RingMemory, scenario: RingScenario) {
    this.#memory = memory;
    this.#scenario = scenario;
    if (scenario.looksAhead) this.onFrameAhead = this.#checkAhead;
  }

  onFrame(offsetBytes: number, bodyBytes: number, header: number): void {
    const index = this.count++;
    if (bodyBytes !== this.#scenario.bodies[index]) throw new Violation(`frame ${index} has ${bodyBytes} bytes`);
    if ((header & FRAME_WHOLE) !== flagsOf(index)) throw new Violation(`frame ${index} has other flags`);
    const wholeBytes = this.#scenario.access === 'words' ? bodyBytes & ~3 : 0;
    for (let at = 0; at < wholeBytes; at += 4) {
      if (this.#memory.words[(offsetBytes + at) >> 2] !== wordOf(index, at)) throw changed(index, at);
    }
    for (let at = wholeBytes; at < bodyBytes; at++) {
      if (this.#memory.bytes[offsetBytes + at] !== byteOf(index, at)) throw changed(index, at);
    }
  }

  /** A frame seen ahead is one that will come: its first word names it. */
  #checkAhead(offsetBytes: number, header: number): void {
    if ((header & FRAME_LENGTH_MASK) < 4 || this.#scenario.access === 'bytes') return;
    const word = this.#memory.words[offsetBytes >> 2];
    const isComing = this.#scenario.bodies.some((_body, index) => index >= this.count && word === wordOf(index, 0));
    if (!isComing) throw new Violation('a frame was seen ahead that will not come');
  }
}

function changed(index: number, at: number): Violation {
  return new Violation(`frame ${index} has changed at byte ${at} of its body`);
}

/** Whole records and such in fragments take turns, so that flags are seen to arrive as they were sent. */
function flagsOf(index: number): number {
  return [FRAME_WHOLE, FRAME_FIRST, 0, FRAME_LAST][index & 3];
}

/** No two words of a scenario are equal, so that no old or foreign one can pass for the right one. */
function wordOf(index: number, at: number): number {
  return 0x5a000000 | (index << 8) | at;
}

function byteOf(index: number, at: number): number {
  return 0x80 | (index << 4) | (at & 15);
}
