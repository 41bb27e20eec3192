/**
 * Rings that are wrong on purpose, each in one way: the mistakes that somebody could make in the ring's code. An
 * explorer that lets one of them pass proves nothing about the real ring.
 */
import { FRAME_PADDING, TAIL_WORD } from '../../src/ring/ring-layout.ts';
import type { RingMemory } from '../../src/ring/ring-memory.ts';
import { RingProducer } from '../../src/ring/ring-producer.ts';
import { REAL_ENDS, type RingEnds } from './ring-model.ts';
import type { SteppedThread } from './stepped-thread.ts';

export interface Control {
  readonly mistake: string;
  readonly ends: RingEnds;
}

/** Makes one end's view of the memory a wrong one. */
type Alteration = (memory: RingMemory, thread: SteppedThread) => Partial<RingMemory>;

export const CONTROLS: readonly Control[] = [
  ofProducer('publishes a frame before its payload is written', (memory) => {
    return new (class extends RingProducer {
      override claim(bodyBytes: number, flags?: number): number {
        const offset = super.claim(bodyBytes, flags);
        this.publish();
        return offset;
      }
    })(memory);
  }),
  ofProducer('forgets to roll back', (memory) => {
    return new (class extends RingProducer {
      override rollback(): void {}
    })(memory);
  }),
  inProducer('publishes a frame before its header is written', publishTailFirst),
  inProducer('publishes the tail by a plain store', ({ capacityBytes }, thread) => {
    const positions = thread.plainView(new Int32Array(thread.buffer, 0, capacityBytes));
    return { publishTail: (tail) => void (positions[TAIL_WORD] = tail) };
  }),
  inProducer('takes the ring for four bytes larger', (memory) => {
    const observeHead = memory.observeHead.bind(memory);
    return { observeHead: () => (observeHead() + 4) | 0 };
  }),
  inProducer('never looks at the head again', (memory) => {
    const first = memory.observeHead();
    return { observeHead: () => first };
  }),
  inProducer('writes no padding header', ({ words }) => ({
    words: altered(words, (header) => ((header & FRAME_PADDING) === 0 ? header : undefined)),
  })),
  inProducer('makes padding too long', ({ words }) => ({
    words: altered(words, (header) => ((header & FRAME_PADDING) === 0 ? header : header + 4)),
  })),
  inProducer('forgets to mark padding', ({ words }) => ({
    words: altered(words, (header) => header & ~FRAME_PADDING),
  })),
  inConsumer('gives frames back before it has read them', (memory) => {
    const observeTail = memory.observeTail.bind(memory);
    const publishHead = memory.publishHead.bind(memory);
    const giveBack = (tail: number): number => (publishHead(tail), tail);
    return { observeTail: () => giveBack(observeTail()), publishHead: () => {} };
  }),
  inConsumer('reads past the tail', (memory) => {
    const observeTail = memory.observeTail.bind(memory);
    return { observeTail: () => (observeTail() + 4) | 0 };
  }),
  inConsumer('gives back four bytes too many', (memory) => {
    const publishHead = memory.publishHead.bind(memory);
    return { publishHead: (head) => publishHead((head + 4) | 0) };
  }),
  inConsumer('never gives anything back', () => ({ publishHead: () => {} })),
];

function ofProducer(mistake: string, producer: RingEnds['producer']): Control {
  return { mistake, ends: { ...REAL_ENDS, producer } };
}

function inProducer(mistake: string, alter: Alteration): Control {
  return ofProducer(mistake, (memory, thread) => new RingProducer(Object.assign(memory, alter(memory, thread))));
}

function inConsumer(mistake: string, alter: Alteration): Control {
  const consumer: RingEnds['consumer'] = (memory, thread) =>
    REAL_ENDS.consumer(Object.assign(memory, alter(memory, thread)), thread);
  return { mistake, ends: { ...REAL_ENDS, consumer } };
}

/** Words whose stores are changed on their way, or lost. */
function altered(words: Int32Array, change: (value: number) => number | undefined): Int32Array {
  return withStores(words, (index, value) => {
    const changed = change(value);
    if (changed !== undefined) words[index] = changed;
  });
}

/** The last store before a publication comes after it. */
function publishTailFirst(memory: RingMemory): Partial<RingMemory> {
  const { words } = memory;
  const publishTail = memory.publishTail.bind(memory);
  let late: (() => void) | undefined;
  const carryOut = (next?: () => void): void => {
    late?.();
    late = next;
  };
  return {
    words: withStores(words, (index, value) => carryOut(() => void (words[index] = value))),
    publishTail: (tail) => {
      publishTail(tail);
      carryOut();
    },
  };
}

function withStores(words: Int32Array, store: (index: number, value: number) => void): Int32Array {
  return new Proxy(words, {
    get: (target, property) => Reflect.get(target, property) as unknown,
    set: (_target, property, value: number) => {
      store(Number(property), value);
      return true;
    },
  });
}
