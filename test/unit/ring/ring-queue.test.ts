/**
 * A ring is a queue: any sequence of sending, taking back, publishing and draining gives what two plain arrays give.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TwoEndedRing } from './two-ended-ring.ts';

test('any mix of sending, taking back, publishing and draining is a queue', () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), length: fc.nat(12), commit: fc.boolean() }),
    fc.record({ kind: fc.constant('publish' as const) }),
    fc.record({ kind: fc.constant('drain' as const), max: fc.integer({ min: 1, max: 4 }) }),
  );
  const starts = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }).map((start) => start & ~3);
  fc.assert(
    fc.property(starts, fc.array(command, { maxLength: 200 }), (start, commands) => {
      const model = new QueueModel(new TwoEndedRing(64, start));
      for (const next of commands) model.run(next);
      model.finish();
      expect(model.seen).toEqual(model.expected);
    }),
    { seed: 1, numRuns: 300 },
  );
});

type Command = { kind: 'send'; length: number; commit: boolean } | { kind: 'publish' } | { kind: 'drain'; max: number };

/** What a ring should be: an array of what is claimed, and one of what is published. */
class QueueModel {
  readonly #ring: TwoEndedRing;
  /** All that the ring answered, and what it should have answered. */
  readonly seen: unknown[] = [];
  readonly expected: unknown[] = [];
  #claimed: number[][] = [];
  #published: number[][] = [];
  #next = 0;

  constructor(ring: TwoEndedRing) {
    this.#ring = ring;
  }

  run(command: Command): void {
    if (command.kind === 'send') this.#send(command.length, command.commit);
    else if (command.kind === 'publish') this.#publish();
    else this.#drain(command.max);
  }

  finish(): void {
    this.#publish();
    this.#drain(this.#published.length + 1);
  }

  #send(length: number, commit: boolean): void {
    const { position } = this.#ring.producer;
    const body = new Array<number>(length).fill(this.#next++ & 0xff);
    const isFull = !this.#ring.send(body);
    if (isFull) this.#note('full', this.#claimed.length + this.#published.length > 0 ? 'full' : 'room');
    else if (commit) this.#claimed.push(body);
    else this.#ring.producer.rollback(position);
  }

  #drain(frameCountMax: number): void {
    this.#note(this.#ring.receive(frameCountMax).bodies, this.#published.splice(0, frameCountMax));
  }

  #note(seen: unknown, expected: unknown): void {
    this.seen.push(seen);
    this.expected.push(expected);
  }

  #publish(): void {
    this.#note(this.#ring.producer.publish(), this.#claimed.length > 0);
    this.#published.push(...this.#claimed.splice(0));
  }
}
