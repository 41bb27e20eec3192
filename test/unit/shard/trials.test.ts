/**
 * When all that was under way at a death is suspect, async work begins one by one, in order, and what cannot have been
 * goes on as ever.
 */
import { expect, test } from 'vitest';
import { type AsyncResult, type Context, defineFunction } from '../../../src/index.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import type { Suspect } from '../../../src/shard/failing/suspects.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { type Gate, gate, results, Stage } from './stage.ts';

const IDS = ['Kim', 'Lou', 'Mia'];
/** Trials take at least and at most so long. */
const SHORT_MS = 5_000;
const LONG_MS = 30_000;

interface On {
  readonly stage: Stage;
  readonly begun: string[];
  /** Of those under way, oldest first. */
  readonly gates: Gate[];
  send(...ids: string[]): Promise<void>;
  after(ms: number): Promise<void>;
  end(): Promise<void>;
}

/** Functions 0 and 1 are async and synchronous; function 2 leaves an operation under way. */
function stage(suspects: readonly Partial<Suspect>[]): On {
  const clock = new SimulatedClock();
  const begun: string[] = [];
  const gates: Gate[] = [];
  const wait = (): Promise<void> => {
    const own = gate();
    gates.push(own);
    return own.promise;
  };
  const slow = defineFunction({
    type: 'test/slow',
    async invoke(ctx: Context, message: unknown) {
      begun.push(`${ctx.self.id} ${String(message)}`);
      await wait();
    },
  });
  const quick = defineFunction({
    type: 'test/quick',
    invoke: (ctx: Context) => ctx.egress(results, ctx.self.id),
  });
  const operating = defineFunction({
    type: 'test/operating',
    invoke(ctx: Context, message: number | AsyncResult<unknown>) {
      if (typeof message !== 'number') return;
      begun.push(`${ctx.self.id} operates`);
      ctx.async('x', wait());
    },
  });
  const usual = { functionIndex: 0, hash: 0, fingerprint: 0, deathCount: 1, isTried: true, isQuarantined: false };
  const all = suspects.map((suspect) => ({ ...usual, ...suspect }));
  const on = new Stage([slow, quick, operating], { clock, suspects: all });
  return {
    stage: on,
    begun,
    gates,
    async send(...ids) {
      for (const id of ids) on.send('test/slow', id, begun.length);
      await on.play();
    },
    async after(ms) {
      clock.advance(ms);
      await on.play();
    },
    async end() {
      gates.shift()?.open();
      await on.play();
    },
  };
}

const SUSPECTS = IDS.map((id) => ({ hash: hashId(id) }));

test('one begins when the one before has ended, who is no suspect included, and each address keeps its order', async () => {
  const on = stage(SUSPECTS);
  await on.send('Kim', 'Lou', 'Noa', 'Kim', 'Mia');
  const seen: string[][] = [];
  for (let count = 0; count < 5; count++) {
    seen.push([...on.begun]);
    expect(on.gates).toHaveLength(1);
    await on.end();
  }
  expect(seen.at(-1)).toEqual(['Kim 0', 'Lou 0', 'Noa 0', 'Mia 0', 'Kim 0']);
  expect(on.stage.engine.coordinator.isQuiescent).toBe(true);
});

test('who ends at once goes on meanwhile', async () => {
  const on = stage(SUSPECTS);
  await on.send('Kim', 'Lou');
  for (const id of ['Kim', 'Noa']) on.stage.send('test/quick', id);
  await on.stage.play();
  expect(on.stage.records()).toEqual(['Kim', 'Noa']);
  expect(on.begun).toEqual(['Kim 0']);
});

test('an operation counts as well', async () => {
  const on = stage([{ functionIndex: 2, hash: hashId('Kim') }]);
  on.stage.send('test/operating', 'Kim', 1);
  await on.stage.play();
  await on.send('Lou');
  expect(on.begun).toEqual(['Kim operates']);
  await on.end();
  expect(on.begun).toEqual(['Kim operates', 'Lou 1']);
});

test('it is over when all have had their turn and nothing more can be expected', async () => {
  const on = stage(SUSPECTS);
  await on.send(...IDS);
  for (const _ of IDS) await on.end();
  await on.send('Noa', 'Olu');
  expect(on.gates, 'one that is sent again may be late').toHaveLength(1);
  await on.after(SHORT_MS);
  expect(on.gates).toHaveLength(2);
});

test('nobody waits longer than half a minute', async () => {
  const on = stage(SUSPECTS);
  await on.send('Noa', ...IDS);
  await on.after(LONG_MS - 1);
  expect(on.gates).toHaveLength(1);
  expect(on.stage.engine.shards[0].restMs).toBe(1);
  await on.after(1);
  expect(on.gates).toHaveLength(4);
  expect(on.stage.engine.shards[0].restMs).toBe(Number.POSITIVE_INFINITY);
});

test('of many suspects some are tried together', async () => {
  const ids = Array.from({ length: 40 }, (_, number) => `id-${number}`);
  const on = stage(ids.map((id) => ({ hash: hashId(id) })));
  await on.send(...ids);
  expect(on.gates).toHaveLength(3);
});

test.each<Partial<Suspect>>([{ isTried: false }, { isQuarantined: true }])(
  'those that are known already are not tried: %j',
  async (known) => {
    const on = stage(SUSPECTS.map((suspect) => ({ ...suspect, fingerprint: 7, ...known })));
    await on.send('Noa', ...IDS);
    expect(on.gates).toHaveLength(4);
  },
);
