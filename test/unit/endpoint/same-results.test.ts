/**
 * The same functions, given the same random commands: in our engine, and behind an endpoint that a small model of a
 * StateFun cluster drives, which sends requests again, twice at a time, and takes whichever response it likes.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { createStatefunHandler, type StatefunHandler } from '../../../src/endpoint/index.ts';
import { testEngine } from '../../../src/testing/index.ts';
import { PLAIN_MAPPING, read } from '../../conformance/statefun/endpoint-functions.ts';
import { type Answer, FlinkSide } from '../../conformance/statefun/flink-side.ts';
import { anyMessage, asReceived } from '../wire/messages.ts';
import { DESKS, type Deed, deskModule, told } from './desk-functions.ts';

const IDS = ['Kim', 'Lou', 'Ada'];
const STATES = { sum: 0, words: new Map(), thing: undefined, answers: 0n };

const anyPlace = fc.tuple(fc.constantFrom(...DESKS), fc.constantFrom(...IDS)).map(([type, id]) => `${type}#${id}`);
const anyToken = fc.constantFrom('one', 'two');
const anyDelay = fc.constantFrom(0, 1, 50, 1_000);

const { deed: innerDeed } = fc.letrec<{ deed: Deed }>((tie) => {
  const deeds = fc.array(tie('deed'), { maxLength: 3 });
  const record = fc.record;
  return {
    deed: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      record({ do: fc.constant('add' as const), count: fc.integer({ min: -9, max: 9 }) }),
      record({ do: fc.constant('note' as const), word: fc.constantFrom('a', 'b', '') }),
      record({ do: fc.constant('tell' as const), record: anyMessage }),
      record({ do: fc.constant('ask' as const), to: anyPlace }),
      record({
        do: fc.constant('begin' as const),
        count: fc.integer({ min: -9, max: 9 }),
        how: fc.constantFrom('promise' as const, 'function' as const, 'failing' as const),
      }),
      record({ do: fc.constant('disarm' as const), token: anyToken }),
      record({ do: fc.constant('send' as const), to: anyPlace, deeds }),
      record({ do: fc.constant('later' as const), ms: anyDelay, to: anyPlace, deeds }),
      record({ do: fc.constant('alarm' as const), ms: anyDelay, token: anyToken, to: anyPlace, deeds }),
    ),
  };
});

/** Tokens belong to an id and alarms replace each other, so these are orders that nothing else comes between. */
const outerDeed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: innerDeed },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keep' as const), thing: anyMessage }) },
  { weight: 1, arbitrary: fc.constant({ do: 'forget' as const }) },
);

type Step = { readonly to: string; readonly deeds: readonly Deed[] } | { readonly ms: number };
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ to: anyPlace, deeds: fc.array(outerDeed, { maxLength: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ ms: fc.constantFrom(1, 49, 2_000) }) },
);

/** Alarms within alarms would meet others of the same id in an order that nobody has fixed. */
function hasNestedAlarm(deeds: readonly Deed[], depth = 0): boolean {
  return deeds.some(
    (deed) =>
      (depth > 0 && (deed.do === 'alarm' || deed.do === 'disarm')) ||
      ('deeds' in deed && hasNestedAlarm(deed.deeds, depth + 1)),
  );
}

/** A way to the handler on which requests are lost, repeated and doubled. */
function unreliably({ handleBytes }: StatefunHandler, seed: number): Answer {
  const prng = new Prng(seed);
  return async (bytes) => {
    while (prng.fraction() < 0.2) await handleBytes(bytes);
    if (prng.fraction() < 0.3) {
      const both = await Promise.all([handleBytes(bytes), handleBytes(bytes)]);
      return both[prng.fraction() < 0.5 ? 0 : 1];
    }
    const gone = new AbortController();
    if (prng.fraction() < 0.2) {
      const lost = handleBytes(bytes, gone.signal);
      gone.abort();
      await lost;
    }
    return await handleBytes(bytes);
  };
}

const byText = (records: readonly unknown[]): string[] =>
  records.map((record) => PLAIN_MAPPING.message(record, 'a/b').value?.toString() ?? '').toSorted();

test('an engine and an endpoint come to the same states and records', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), fc.nat(), async (steps, seed) => {
      fc.pre(steps.every((step) => 'ms' in step || !hasNestedAlarm(step.deeds)));
      await using engine = await testEngine(deskModule());
      const handler = createStatefunHandler({ module: deskModule(), log: ({ text }) => void (failure ??= text) });
      let failure: string | undefined;
      const prng = new Prng(seed);
      const flink = new FlinkSide(unreliably(handler, seed), (count) => Math.floor(prng.fraction() * count));
      for (const step of steps) {
        if ('ms' in step) {
          await engine.advance(step.ms);
          await flink.advance(step.ms);
          continue;
        }
        const [type, id] = step.to.split('#');
        await engine.send(type, id, { deeds: step.deeds });
        flink.send({ type, id }, PLAIN_MAPPING.message({ deeds: step.deeds }, type));
        await flink.settle();
        // Of 0 ms, too, comes when time is looked at.
        await engine.advance(0);
        await flink.advance(0);
      }
      for (const type of DESKS) {
        for (const id of IDS) {
          const expected = engine.state(type, id);
          for (const [name, initial] of Object.entries(STATES)) {
            const kept = flink.state({ type, id }, name);
            const actual = kept === undefined ? initial : read(kept);
            expect(isDeepStrictEqual(actual, asReceived(expected[name])), `${type} ${id} ${name}`).toBe(true);
          }
        }
      }
      const records = flink.egresses.map(({ argument }) => read(argument));
      expect(byText(records)).toEqual(byText(engine.egress(told)));
    }),
    { numRuns: 60 },
  );
});
