/** A frame handler that keeps what it was handed, for comparison. */
import type { FrameHandler } from '../../../src/ring/ring-consumer.ts';
import type { RingMemory } from '../../../src/ring/ring-memory.ts';

export interface ReceivedFrame {
  readonly offset: number;
  readonly header: number;
  readonly body: number[];
}

export class ReceivedFrames implements FrameHandler {
  readonly frames: ReceivedFrame[] = [];
  readonly #memory: RingMemory;

  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  get bodies(): number[][] {
    return this.frames.map(({ body }) => body);
  }

  onFrame(offset: number, bodyBytes: number, header: number): void {
    const body = Array.from({ length: bodyBytes }, (_, index) => this.#memory.bytes[offset + index]);
    this.frames.push({ offset, header, body });
  }
}
