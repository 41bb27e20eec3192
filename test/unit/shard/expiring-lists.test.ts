/**
 * Elements that expire, as invocations see them and as the sweep removes them: the front of the list goes, and there is
 * no row for each.
 */
import { describe, expect, test } from 'vitest';
import { type Context, defineFunction, list } from '../../../src/index.ts';
import type { StateSpecs } from '../../../src/sdk/state.ts';
import { firstLeft } from '../../../src/shard/rows/list-rows.ts';
import { SECTION_EXPIRY, SECTION_LIST } from '../../../src/store/key-layout.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { Stage } from './stage.ts';

type Work = (ctx: Context<StateSpecs>) => unknown;

const works: Work[] = [];

class ListStage extends Stage {
  readonly clock: SimulatedClock;

  constructor(state: StateSpecs, isAsync: boolean) {
    const clock = new SimulatedClock(1_000_000);
    const invoke = (ctx: Context<StateSpecs>, work: number): void => ctx.reply(works[work](ctx));
    const invokeAsync = async (ctx: Context<StateSpecs>, work: number): Promise<void> => {
      ctx.reply(await works[work](ctx));
    };
    super([defineFunction({ type: 'test/lists', state, invoke: isAsync ? invokeAsync : invoke })], { clock });
    this.clock = clock;
  }

  async run(work: Work): Promise<unknown> {
    const asked = this.ask('test/lists', 'Kim', works.push(work) - 1);
    await this.play();
    if (asked.error !== undefined) throw asked.error.cause;
    return asked.answer;
  }

  async append(...elements: unknown[]): Promise<void> {
    await this.run((ctx) => ctx.state['log'].appendAll(elements));
  }

  rowCount(section: number): number {
    const rows = this.engine.shards.flatMap((shard) => [...shard.rows.inMemory()]);
    return rows.filter(({ key, value }) => key.charCodeAt(2) === section && value !== undefined).length;
  }

  /** Elements, rows of what expires, entities: all that there is. */
  get counts(): number[] {
    return [this.rowCount(SECTION_LIST), this.rowCount(SECTION_EXPIRY), this.entityCount];
  }
}

const length: Work = ({ state: { log } }) => log.length;
const look: Work = ({ state: { log } }) => [log.length, ...log.view()];

describe.each([false, true])('async: %s', (isAsync) => {
  test('an element is gone on the millisecond, and by itself', async () => {
    const stage = new ListStage({ log: list({ expire: { after: 1_000 } }) }, isAsync);
    await stage.append('a', 'b');
    stage.clock.advance(500);
    await stage.append('c');
    stage.clock.advance(499);
    expect(await stage.run(look)).toEqual([3, 'a', 'b', 'c']);
    stage.clock.advance(1);
    expect(await stage.run(look)).toEqual([1, 'c']);
    await stage.append('d');
    stage.clock.advance(500);
    expect(await stage.run(look)).toEqual([1, 'd']);
    stage.clock.advance(500);
    expect(await stage.run(look)).toEqual([0]);
    await stage.append('e');
    expect(await stage.run(look)).toEqual([1, 'e']);
    stage.clock.advance(2_000);
    await stage.play();
    expect(stage.counts).toEqual([0, 0, 0]);
  });

  test('viewing keeps all that is left alive, and brings nothing back', async () => {
    const stage = new ListStage({ log: list({ expire: { after: 1_000, since: 'access' } }) }, isAsync);
    await stage.append('a');
    stage.clock.advance(1_050);
    await stage.append('b');
    stage.clock.advance(50);
    expect(await stage.run(look)).toEqual([1, 'b']);
    await stage.append('c');
    for (const wait of [50, 90, 999, 1_000, 1, 950, 1_000]) {
      stage.clock.advance(wait);
      expect(await stage.run(look)).toEqual([2, 'b', 'c']);
    }
    stage.clock.advance(1_000);
    expect(await stage.run(length)).toBe(2);
    stage.clock.advance(100);
    expect(await stage.run(look)).toEqual([0]);
    // It may have been busy when it was looked at.
    stage.clock.advance(100);
    await stage.play();
    expect(stage.counts).toEqual([0, 0, 0]);
  });

  test('all of it goes without anybody asking, with one row for all', async () => {
    const stage = new ListStage({ log: list({ expire: { after: 1_000 } }) }, isAsync);
    for (let step = 0; step < 100; step++) {
      await stage.append(step);
      stage.clock.advance(30);
      await stage.play();
      expect(stage.rowCount(SECTION_EXPIRY)).toBe(1);
      expect(stage.rowCount(SECTION_LIST)).toBeLessThan(40);
    }
    expect(await stage.run(length)).toBe(33);
    stage.clock.advance(1_100);
    await stage.play();
    expect(stage.counts).toEqual([0, 0, 0]);
  });

  test('a list that is cleared, replaced or deleted begins anew', async () => {
    const stage = new ListStage({ log: list({ expire: { after: 1_000 } }) }, isAsync);
    const ends: Work[] = [
      (ctx) => ctx.clear('log'),
      (ctx) => ctx.delete(),
      ({ state: { log } }) => log.replaceWith([]),
    ];
    for (const end of ends) {
      await stage.append('a', 'b');
      await stage.run(end);
      expect(stage.counts).toEqual([0, 0, 0]);
      await stage.append('c');
      stage.clock.advance(999);
      await stage.run(({ state: { log } }) => log.replaceWith(['d']));
      stage.clock.advance(999);
      expect(await stage.run(look)).toEqual([1, 'd']);
      stage.clock.advance(2_000);
      await stage.play();
    }
  });
});

test('a long list is removed a few elements a turn', async () => {
  const stage = new ListStage({ log: list({ expire: { after: 1_000 } }) }, false);
  await stage.append(...Array.from({ length: 3_000 }, (_, index) => index));
  expect(stage.counts).toEqual([3_000, 1, 1]);
  stage.clock.advance(1_000);
  for (let left = 3_000; left > 0; ) {
    for (let thread = 0; thread < stage.engine.threadCount; thread++) stage.engine.turn(thread);
    await stage.engine.settle();
    const now = stage.rowCount(SECTION_LIST);
    expect(left - now).toBeLessThanOrEqual(64);
    left = now;
  }
  await stage.play();
  expect(stage.counts).toEqual([0, 0, 0]);
});

test('the first that is left is found wherever it is', () => {
  for (let end = 0; end < 20; end++) {
    for (let left = 0; left <= end; left++) {
      const found = firstLeft({ first: 0, left: 0, end, floor: 0 }, (index) => index < left);
      expect(found).toBe(left);
    }
  }
});
