/**
 * What `checkMigrations` looks at of tables and lists: what functions would still see, and nothing else; and what it says
 * of where a failure is, which is what functions are told, too.
 */
import { expect, test } from 'vitest';
import {
  defineFunction,
  defineModule,
  list,
  type ListSpec,
  type MillraceError,
  type Module,
  table,
  type TableSpec,
} from '../../../src/index.ts';
import { MigrationCheck } from '../../../src/engine/migration-check.ts';
import type { MigrationReport } from '../../../src/engine/migration-report.ts';
import { Directory } from '../../../src/shard/function-binding.ts';
import { elementKey } from '../../../src/shard/rows/list-rows.ts';
import { readRecord } from '../../../src/state/record-reader.ts';
import { RecordWriter } from '../../../src/state/record-writer.ts';
import { SECTION_LIST } from '../../../src/store/key-layout.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { Stage } from '../shard/stage.ts';
import { countSchema } from '../../small-schema.ts';

type Specs = {
  readonly log: ListSpec<unknown>;
  readonly marks: TableSpec<unknown>;
};

const OLD: Specs = { log: list<unknown>({ expire: { after: 1_000 } }), marks: table<unknown>() };
const NEW: Specs = {
  log: list({ schema: countSchema, expire: { after: 1_000 } }),
  marks: table({ schema: countSchema }),
};

type Order = { readonly append: readonly unknown[] } | { readonly set: string; readonly to: unknown };

const functionOf = (state: Specs) =>
  defineFunction({
    type: 'test/lists',
    state,
    invoke(ctx, order: Order) {
      if ('append' in order) ctx.state.log.appendAll(order.append as never[]);
      else ctx.state.marks.set(order.set, order.to as never);
    },
  });

const moduleOf = (state: Specs): Module => defineModule({ functions: [functionOf(state)] });

class KeptStage extends Stage {
  readonly clock: SimulatedClock;

  constructor(state: Specs) {
    const clock = new SimulatedClock(1_000_000);
    super([functionOf(state)], { clock });
    this.clock = clock;
  }

  async tell(order: Order): Promise<void> {
    this.send('test/lists', 'Kim', order);
    await this.play();
  }

  /** What newer code has to say to all that is kept. */
  check(): MigrationReport {
    const writer = new RecordWriter(new PayloadCodec(1 << 20), 1 << 12);
    const [shard] = this.engine.shards;
    const { names } = new Directory(moduleOf(OLD)).binding(0);
    for (const entity of shard.entities.values()) writer.write(entity, names);
    for (const { key, value } of shard.rows.inMemory()) writer.writeRow(key, value);
    const { bytes, length } = writer;
    const entries: [Buffer, Buffer][] = [];
    for (let at = 0; at < length; ) {
      const { keyStart, keyEnd, valueStart, end } = readRecord(bytes, at, {
        keyStart: 0,
        keyEnd: 0,
        valueStart: 0,
        end: 0,
      });
      if (valueStart >= 0) entries.push([bytes.subarray(keyStart, keyEnd), bytes.subarray(valueStart, end)]);
      at = end;
    }
    const check = new MigrationCheck(moduleOf(NEW), 100, this.clock);
    for (const [key, value] of entries.toSorted(([one], [other]) => one.compare(other))) check.entry(key, value);
    return check.report();
  }
}

test('elements that have expired, and rows that the list does not reach, are not looked at', async () => {
  const stage = new KeptStage(OLD);
  await stage.tell({ append: ['gone', 'gone, too'] });
  stage.clock.advance(600);
  await stage.tell({ append: [3, 'bad', 5] });
  const { rows } = stage.engine.shards[0];
  const last = [...rows.inMemory()].findLast(({ key }) => key.charCodeAt(2) === SECTION_LIST)?.key ?? '';
  rows.set(elementKey(last.slice(0, -6), 99), 'of another time');
  expect(stage.check()).toMatchObject({ valueCount: 5, failureCount: 3 });
  stage.clock.advance(400);
  const { valueCount, failures } = stage.check();
  expect(valueCount).toBe(3);
  expect(failures).toMatchObject([{ type: 'test/lists', id: 'Kim', state: 'log', key: 1, message: undefined }]);
  expect(failures[0].error.details).toMatchObject({ state: 'log', key: 1 });
  stage.clock.advance(600);
  expect(stage.check()).toMatchObject({ valueCount: 0, failureCount: 0 });
});

test('a failure names the entry of a table', async () => {
  const stage = new KeptStage(OLD);
  await stage.tell({ set: 'good', to: 1 });
  await stage.tell({ set: 'the key', to: -1 });
  const { failures } = stage.check();
  expect(failures).toMatchObject([{ state: 'marks', key: 'the key', error: { details: { key: 'the key' } } }]);
  expect(failures[0].error.message).toContain('state "marks", entry "the key"');
});

test('so do the errors that functions get', async () => {
  const stage = new KeptStage(NEW);
  await stage.tell({ append: [1, 2] });
  await stage.tell({ append: [3, 'bad'] });
  await stage.tell({ set: 'the key', to: 'bad' });
  const details = stage.errors.map(({ cause }) => (cause as MillraceError).details);
  expect(details).toMatchObject([
    { state: 'log', key: 3 },
    { state: 'marks', key: 'the key' },
  ]);
});
