/**
 * What a data directory keeps over an orderly stop and over one by force, with either store.
 */
import { describe, expect, test } from 'vitest';
import { counter, lines, token } from './durability-module.ts';
import { ENTRY_NAMES, open, scratch, seenInCircle, totalOf } from './durability-stage.ts';
import { until } from './puppet-engine.ts';

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('an engine that was stopped goes on where it was', async () => {
    const folder = scratch();
    for (let life = 0; life < 3; life++) {
      const { engine, errors } = await open(entry, folder);
      expect(await totalOf(engine, 'Kim')).toBe(life * 11);
      void engine.send(counter, 'Kim', { add: 10, to: 'Lee' });
      void engine.send(counter, 'Kim', { add: 1 }, { until: 'accepted' });
      const drawn: number[] = [];
      engine.egress(lines, (_, sequence) => void drawn.push(sequence));
      await engine.stop();
      expect(drawn).toEqual([0, 1, 2].map((index) => life * 3 + index));
      expect(errors).toEqual([]);
    }
    const { engine } = await open(entry, folder);
    expect(await totalOf(engine, 'Lee')).toBe(30);
  });

  test('a consumer sees what it was not done with again, under the same number', async () => {
    const folder = scratch();
    const seen = new Map<number, unknown>();
    const { engine } = await open(entry, folder);
    await Promise.all(Array.from({ length: 600 }, () => engine.send(counter, 'Kim', { add: 1 })));
    let isStuck = false;
    engine.egress(lines, async (record, sequence) => {
      seen.set(sequence, record);
      if (sequence !== 299) return;
      isStuck = true;
      await new Promise(() => {});
    });
    await until(() => isStuck);
    await engine.checkpoint();
    await engine.stop({ force: true });

    const second = await open(entry, folder);
    const stream = second.engine.egress(lines);
    const numbers: number[] = [];
    for await (const record of stream) {
      expect(record).toEqual(seen.get(stream.sequence) ?? record);
      seen.set(stream.sequence, record);
      numbers.push(stream.sequence);
      if (stream.sequence === 599) break;
    }
    // The first batch was done with; of the second one, the callback was in the middle.
    expect(numbers).toEqual(Array.from({ length: 600 - 256 }, (_, index) => 256 + index));
    expect([...seen.values()]).toEqual(Array.from({ length: 600 }, (_, index) => ({ id: 'Kim', total: index + 1 })));
    await second.engine.stop({ force: true });

    // A loop is done with what it was given only when it comes back for more.
    const third = await open(entry, folder);
    const again = third.engine.egress(lines);
    const { value: first } = (await again.next()) as { value: unknown };
    expect(first).toEqual(seen.get(again.sequence));
  });

  test('a circle that goes round while checkpoints are made loses nothing and doubles nothing', async () => {
    const folder = scratch();
    const { engine } = await open(entry, folder);
    void engine.send(token, '0', { hopCount: 50_000, circle: 7 });
    for (let checkpoint = 0; checkpoint < 20; checkpoint++) await engine.checkpoint();
    await engine.stop({ force: true });
    const second = await open(entry, folder);
    await second.engine.drained();
    expect(await seenInCircle(second.engine, 7)).toBe(50_000);
  });
});
