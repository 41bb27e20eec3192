/**
 * A ring memory that writes down every access in the order in which it happens, so that a test can say what must come
 * before what. Everything works as in the real one; only the element accesses of `words` and `bytes` take longer.
 */
import { HEAD_WORD, TAIL_WORD } from '../../../src/ring/ring-layout.ts';
import { allocateRing, RingMemory } from '../../../src/ring/ring-memory.ts';

export class RecordingMemory extends RingMemory {
  /** `publishTail 8`, `observeHead 0`, `words[2] = 7`, `bytes[9] read`, … */
  readonly log: string[] = [];

  constructor(capacityBytes: number, start = 0) {
    super(ringThatStartsAt(capacityBytes, start));
    const { words, bytes } = this;
    Object.assign(this, { words: this.#recorded('words', words), bytes: this.#recorded('bytes', bytes) });
  }

  /** What was logged since the last call. */
  takeLog(): string[] {
    return this.log.splice(0);
  }

  override publishTail(tail: number): void {
    this.log.push(`publishTail ${tail}`);
    super.publishTail(tail);
  }

  override publishHead(head: number): void {
    this.log.push(`publishHead ${head}`);
    super.publishHead(head);
  }

  override observeTail(): number {
    return this.#logged('observeTail', super.observeTail());
  }

  override observeHead(): number {
    return this.#logged('observeHead', super.observeHead());
  }

  #logged(what: string, value: number): number {
    this.log.push(`${what} ${value}`);
    return value;
  }

  #recorded<View extends Int32Array | Uint8Array>(name: string, view: View): View {
    return new Proxy(view, {
      get: (target, property) => {
        if (isElement(property)) this.log.push(`${name}[${property}] read`);
        return Reflect.get(target, property, target) as unknown;
      },
      set: (target, property, value: number) => {
        this.log.push(`${name}[${String(property)}] = ${value}`);
        return Reflect.set(target, property, value, target);
      },
    });
  }
}

export function ringThatStartsAt(capacityBytes: number, start: number): SharedArrayBuffer {
  const shared = allocateRing(capacityBytes);
  const positions = new Int32Array(shared);
  positions[HEAD_WORD] = positions[TAIL_WORD] = start;
  return shared;
}

function isElement(property: string | symbol): property is string {
  return typeof property === 'string' && /^\d+$/.test(property);
}
