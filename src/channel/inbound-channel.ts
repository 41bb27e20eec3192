/**
 * The receiving end of a channel: reads whole envelopes, where they lie in the ring if they fit into one frame, else
 * put together from their fragments. Envelopes come in the order in which they were sent, with no gap (I2).
 */
import { assert } from '../base/assert.ts';
import type { FrameHandler, RingConsumer } from '../ring/ring-consumer.ts';
import { FRAME_FIRST, FRAME_LAST, FRAME_WHOLE } from '../ring/ring-layout.ts';

/** Takes one envelope in place; the bytes are valid during the call only. */
export interface EnvelopeHandler {
  /** An envelope that lies whole in its ring will come soon: a chance to fetch what it will need. May be left out. */
  onAhead?(words: Int32Array, offsetBytes: number): void;
  /** All envelopes of this look-ahead have been shown. */
  onAheadEnd?(): void;
  /** `from` is the thread at the other end. */
  onEnvelope(words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number, from: number): void;
}

const ASSEMBLY_BYTES_MIN = 1 << 16;

export class InboundChannel implements FrameHandler {
  /** Envelopes handed over so far, modulo 2^32. */
  envelopeCount = 0;
  readonly from: number;
  readonly #ring: RingConsumer;
  readonly #handler: EnvelopeHandler;
  readonly #roomMade: () => void;
  #assembly: Uint8Array = new Uint8Array(0);
  #assembledBytes = 0;

  /** `roomMade` is called whenever bytes have been given back to the sender. */
  constructor(ring: RingConsumer, handler: EnvelopeHandler, from: number, roomMade: () => void) {
    this.from = from;
    this.#ring = ring;
    this.#roomMade = roomMade;
    this.#handler = handler;
  }

  get hasFrames(): boolean {
    return this.#ring.hasFrames;
  }

  /** Handles at most `frameCountMax` frames; returns how many. */
  drain(frameCountMax: number): number {
    const frameCount = this.#ring.drain(this, frameCountMax);
    if (frameCount > 0) this.#roomMade();
    return frameCount;
  }

  onFrameAhead(offsetBytes: number, header: number): void {
    if ((header & FRAME_WHOLE) === FRAME_WHOLE) this.#handler.onAhead?.(this.#ring.memory.words, offsetBytes);
  }

  onAheadEnd(): void {
    this.#handler.onAheadEnd?.();
  }

  onFrame(offsetBytes: number, bodyBytes: number, header: number): void {
    const { words, bytes } = this.#ring.memory;
    if ((header & FRAME_WHOLE) === FRAME_WHOLE) {
      assert(this.#assembledBytes === 0, 'no whole envelope amid the fragments of another (I2)');
      this.envelopeCount = (this.envelopeCount + 1) | 0;
      this.#handler.onEnvelope(words, bytes, offsetBytes, bodyBytes, this.from);
      return;
    }
    assert((this.#assembledBytes === 0) === ((header & FRAME_FIRST) !== 0), 'fragments begin with the first (I2)');
    this.#collect(bytes.subarray(offsetBytes, offsetBytes + bodyBytes));
    if ((header & FRAME_LAST) !== 0) this.#handOver();
  }

  #collect(fragment: Uint8Array): void {
    const needed = this.#assembledBytes + fragment.length;
    if (needed > this.#assembly.length) {
      const larger = new Uint8Array(Math.max(ASSEMBLY_BYTES_MIN, (needed * 2 + 3) & ~3));
      larger.set(this.#assembly.subarray(0, this.#assembledBytes));
      this.#assembly = larger;
    }
    this.#assembly.set(fragment, this.#assembledBytes);
    this.#assembledBytes = needed;
  }

  #handOver(): void {
    const bytes = this.#assembly;
    const byteLength = this.#assembledBytes;
    this.#assembledBytes = 0;
    this.envelopeCount = (this.envelopeCount + 1) | 0;
    if (byteLength > ASSEMBLY_BYTES_MIN) this.#assembly = new Uint8Array(0);
    this.#handler.onEnvelope(new Int32Array(bytes.buffer, 0, bytes.length >> 2), bytes, 0, byteLength, this.from);
  }
}
