/**
 * The replay log: what no checkpoint holds is sent again in the order in which it was sent, however often.
 */
import { expect, test } from 'vitest';
import { MemorySpillStorage } from '../../../src/base/spill.ts';
import { ReplayLog } from '../../../src/engine/replay-log.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { PLAIN } from '../../../src/wire/structured-data.ts';

class LogStage {
  readonly storage = new MemorySpillStorage();
  readonly log: ReplayLog;
  readonly #writer = new EnvelopeWriter(new PayloadCodec(1 << 20));
  readonly #reader = new EnvelopeReader(new PayloadCodec(1 << 20));

  constructor(memoryBytesMax: number) {
    this.log = new ReplayLog(this.storage, memoryBytesMax);
  }

  send(...numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#writer.write(KIND_MESSAGE, 0, number, `id-${number}`, TYPE_NONE, '', { number }, PLAIN);
      this.log.append(this.#writer);
      this.log.spill();
    }
  }

  /** The numbers of what is sent again. */
  replayed(rest = (): void => {}): number[] {
    const numbers: number[] = [];
    const send = (envelope: EnvelopeWriter, hash: number): void => {
      const words = new Int32Array((envelope.byteLength + 3) >> 2);
      envelope.placeInto(words, 0);
      this.#reader.wrap(words, new Uint8Array(words.buffer), 0, envelope.byteLength);
      const { number } = this.#reader.payload() as { number: number };
      // Damaged ones are shown as such.
      numbers.push(hash === number && this.#reader.targetId() === `id-${number}` ? number : Number.NaN);
    };
    const count = this.log.replay(this.#writer, send, rest);
    return count === numbers.length ? numbers : [count];
  }
}

test('all that was sent is sent again, in order, every time', () => {
  const stage = new LogStage(1 << 20);
  stage.send(1, 2, 3);
  expect([stage.replayed(), stage.replayed()]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  stage.send(4);
  expect(stage.replayed()).toEqual([1, 2, 3, 4]);
});

test('a commit ends what was sent before its markers, and nothing else', () => {
  const stage = new LogStage(1 << 20);
  stage.send(1, 2);
  stage.log.endEpoch();
  stage.send(3);
  stage.log.committed();
  expect(stage.replayed()).toEqual([3]);
  stage.log.committed();
  expect(stage.replayed()).toEqual([3]);
});

test('after a roll-back all of it belongs to the next epoch', () => {
  const stage = new LogStage(1 << 20);
  stage.send(1);
  stage.log.endEpoch();
  stage.send(2);
  expect(stage.replayed()).toEqual([1, 2]);
  stage.log.committed();
  expect(stage.replayed()).toEqual([1, 2]);
  stage.log.endEpoch();
  stage.log.committed();
  expect(stage.replayed()).toEqual([]);
});

test('it spills what does not fit into memory, and gives it back in order', () => {
  const stage = new LogStage(0);
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  stage.send(...numbers);
  expect(stage.storage.blocksWritten).toBeGreaterThan(3);
  // It is only looked at, and pauses.
  const { blocksWritten } = stage.storage;
  let restCount = 0;
  expect(stage.replayed(() => restCount++)).toEqual(numbers);
  expect([stage.storage.blocksWritten, restCount > 3]).toEqual([blocksWritten, true]);
  stage.send(300);
  expect(stage.replayed()).toEqual([...numbers, 300]);
});
