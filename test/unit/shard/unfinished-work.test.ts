/**
 * What waits at a cut is put down in slices, in its order and as it was, while the shard goes on with it.
 */
import { expect, test } from 'vitest';
import { MemorySpillStorage } from '../../../src/base/spill.ts';
import { UnfinishedWork } from '../../../src/shard/durable/unfinished-work.ts';
import { type Entity, WaitingLine } from '../../../src/state/entity.ts';
import { EnvelopeBlock, readBlock } from '../../../src/wire/envelope-block.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import { formOf } from '../../../src/wire/structured-data.ts';
import { Overflow } from '../../../src/wire/overflow.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { newEntity } from './durable-stage.ts';

const codec = new PayloadCodec(1 << 16);

class Stage {
  readonly writer = new EnvelopeWriter(codec);
  readonly block = new EnvelopeBlock();
  readonly work: UnfinishedWork;
  /** What has been put down. */
  readonly written: unknown[] = [];

  constructor(sliceBytes: number) {
    this.work = new UnfinishedWork(this.writer, this.block, () => {}, sliceBytes);
  }

  write(entity: Entity, message: unknown): void {
    this.writer.write(KIND_MESSAGE, 0, entity.hash, entity.id, TYPE_NONE, '', message, formOf(''), undefined);
  }

  /** An entity whose line has so many objects and, behind them, so many envelopes. */
  busy(id: string, objectCount: number, encodedCount: number): Entity {
    const entity = newEntity(id);
    entity.waiting = new WaitingLine();
    for (let index = 0; index < objectCount; index++)
      entity.waiting.add(`${id} ${index}`, TYPE_NONE, '', formOf(''), undefined);
    if (encodedCount > 0) entity.waiting.overflow = new Overflow(new MemorySpillStorage(), 0, true);
    for (let index = 0; index < encodedCount; index++) {
      this.write(entity, `${id} ${objectCount + index}`);
      entity.waiting.overflow?.append(this.writer);
    }
    return entity;
  }

  /** A message that comes through a channel after the cut. */
  record(entity: Entity, message: unknown): void {
    this.write(entity, message);
    this.work.recordWritten();
  }

  /** The messages in the block. */
  read(): unknown[] {
    const reader = new EnvelopeReader(codec);
    const messages: unknown[] = [];
    readBlock(this.block.take(), (words, bytes, offsetBytes, byteLength) => {
      reader.wrap(words, bytes, offsetBytes, byteLength);
      messages.push(reader.payload());
    });
    return messages;
  }
}

test.each([0, 700, 1 << 16])(
  'in slices of %i bytes, what waited comes in its order, and what came later behind it',
  (sliceBytes) => {
    const stage = new Stage(sliceBytes);
    const [a, b, c] = [stage.busy('a', 3, 100), stage.busy('b', 2, 0), stage.busy('c', 0, 50)];
    stage.work.capture({ operations: [], busy: [a, b, c], queues: [] });
    expect(stage.work.isOpen).toBe(true);
    const later: string[] = [];
    for (let turn = 0; stage.work.isOpen; turn++) {
      // The shard goes on: what waits is taken, spilled and added to.
      for (const { waiting } of [a, c]) {
        for (let count = 0; count < 20 && (waiting?.overflow?.count ?? 0) > 0; count++) waiting?.overflow?.drop();
        waiting?.overflow?.spill();
        stage.write(a, 'after the cut');
        waiting?.overflow?.append(stage.writer);
      }
      later.push(`later ${turn}`);
      stage.record(b, `later ${turn}`);
      stage.work.work();
    }
    stage.record(b, 'last');
    const ids = (id: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${id} ${index}`);
    expect(stage.read()).toEqual([...ids('a', 103), ...ids('b', 2), ...ids('c', 50), ...later, 'last']);
    expect(stage.block.count).toBe(103 + 2 + 50 + later.length + 1);
  },
);

test('where nothing waits encoded, nothing is left to put down', () => {
  const stage = new Stage(0);
  stage.work.capture({ operations: [], busy: [stage.busy('a', 5, 0)], queues: [] });
  expect([stage.work.isOpen, stage.work.work()]).toEqual([false, 0]);
  expect(stage.read()).toHaveLength(5);
});
