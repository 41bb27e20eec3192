/**
 * What waits for busy addresses: in order per address (I4), in bounded memory, and on disk when it is too much.
 */
import { expect, test } from 'vitest';
import { type Context, defineFunction } from '../../../src/index.ts';
import { type Gate, gate, results, Stage } from './stage.ts';

const MESSAGE_COUNT = 20_000;
const OVERFLOW_BYTES = 1 << 16;

let gates = new Map<string, Gate>();
/** Waits at its first message until the test opens the gate of its id. */
const slow = defineFunction({
  type: 'test/slow',
  async invoke(ctx: Context, message: { readonly number: number }) {
    if (message.number === 0) await gates.get(ctx.self.id)?.promise;
    ctx.egress(results, `${ctx.self.id} ${message.number} of ${ctx.caller?.id}`);
  },
});
/** Sends to somebody slow far more than he can do. */
const flood = defineFunction({
  type: 'test/flood',
  invoke(ctx, [id, from, count]: readonly [string, number, number]) {
    for (let number = from; number < from + count; number++) ctx.send(slow, id, { number });
  },
});

function stage(ids: readonly string[]): Stage {
  gates = new Map(ids.map((id) => [id, gate()]));
  return new Stage([slow, flood], { overflowBytesMax: OVERFLOW_BYTES, egressCountMax: 1 << 20 });
}

test('a flood for one busy address waits on disk and comes in order', async () => {
  const on = stage(['hot']);
  let memoryBytes = 0;
  for (let from = 0; from < MESSAGE_COUNT; from += 1_000) {
    on.send('test/flood', 'Kim', ['hot', from, 1_000]);
    await on.play();
    memoryBytes = Math.max(memoryBytes, on.engine.shards[0].overflowBytes);
  }
  expect(on.engine.shards[0].backlogCount).toBe(MESSAGE_COUNT);
  expect(memoryBytes).toBeLessThan(2 * OVERFLOW_BYTES);
  expect(on.engine.storages[0].blocksWritten).toBeGreaterThan(10);
  gates.get('hot')?.open();
  await on.play();
  expect(on.records()).toEqual(Array.from({ length: MESSAGE_COUNT }, (_, number) => `hot ${number} of Kim`));
  expect(on.engine.shards[0].overflowBytes).toBe(0);
  expect(on.engine.shards[0].backlogCount).toBe(0);
  expect(on.entityCount).toBe(0);
});

test('many short lines beside a long one: each in its order, and none waits for another', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `a${index}`);
  const on = stage([...ids, 'hot']);
  on.send('test/flood', 'Lou', ['hot', 0, 5_000]);
  for (const id of ids) on.send('test/flood', 'Lou', [id, 0, 100]);
  await on.play();
  for (const id of ids) gates.get(id)?.open();
  await on.play();
  const told = on.records() as string[];
  expect(told.length).toBe(ids.length * 100);
  for (const id of ids) {
    const own = told.filter((line) => line.startsWith(`${id} `));
    expect(own).toEqual(Array.from({ length: 100 }, (_, number) => `${id} ${number} of Lou`));
  }
  gates.get('hot')?.open();
  await on.play();
  expect(on.records()).toEqual(Array.from({ length: 5_000 }, (_, number) => `hot ${number} of Lou`));
});
