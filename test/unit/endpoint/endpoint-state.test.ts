import { describe, expect, test } from 'vitest';
import { type AnyStateSpec, value } from '../../../src/index.ts';
import type { BatchEffects, KnownState } from '../../../src/statefun/protocol.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';
import { typedValue } from '../../../src/statefun/type.ts';
import { IntType, jsonType } from '../../../src/statefun/types.ts';
import {
  caseModule,
  KIM,
  message,
  read,
  type Served,
  serve,
  stored,
} from '../../conformance/statefun/endpoint-functions.ts';
import { countSchema } from '../../small-schema.ts';

type Step = (state: Record<string, unknown>) => unknown;

/** A function with one state, to which each message does something; what it returns goes to the egress. */
function served(spec: AnyStateSpec, steps: readonly Step[], options: Parameters<typeof serve>[1] = {}): Served {
  const module = caseModule((ctx, step) => ctx.egress('case/out', steps[Number(step)](ctx.state)), { seen: spec });
  return serve(module, options);
}

async function run(on: Served, kept: TypedValue | undefined, count = 1): Promise<BatchEffects> {
  const states: KnownState[] = [{ name: 'seen', value: kept }];
  const response = await on.ask(KIM, states, ...Array.from({ length: count }, (_, index) => message(String(index))));
  if (typeof response === 'number' || response.kind === 'missing') throw new Error(on.events[0]?.text ?? 'missing');
  return response;
}

const said = ({ egresses }: BatchEffects): unknown[] => egresses.map(({ argument }) => read(argument));

test('an initial value is what an address reads until it has written, and after it has cleared', async () => {
  const steps: Step[] = [
    (state) => state['seen'],
    (state) => (state['seen'] = 5),
    (state) => state['seen'],
    (state) => (state['seen'] = undefined),
    (state) => state['seen'],
  ];
  expect(said(await run(served(value({ initial: 3 }), steps), undefined, 5))).toEqual([3, 5, 5, undefined, 3]);
});

test('what one message has cleared unseen is not there for the next', async () => {
  const steps: Step[] = [(state) => (state['seen'] = undefined), (state) => state['seen']];
  const effects = await run(served(value({ initial: 3 }), steps), stored(7), 2);
  expect([said(effects), effects.mutations]).toEqual([[undefined, 3], [{ name: 'seen', value: undefined }]]);
});

test('state values cannot be changed in place, unless in production', async () => {
  const steps: Step[] = [
    (state) => {
      try {
        (state['seen'] as number[]).push(4);
        return 'changed';
      } catch (error) {
        return (error as Error).name;
      }
    },
  ];
  const kept = stored([1, 2, 3]);
  expect(said(await run(served(value(), steps), kept))).toEqual(['TypeError']);
  expect(said(await run(served(value({ initial: [0] }), steps, { development: false }), undefined))).toEqual([
    'TypeError',
  ]);
  expect(said(await run(served(value(), steps, { development: false }), kept))).toEqual(['changed']);
});

describe('versions', () => {
  const spec = value({ version: 3, migrate: { 1: (old: number) => old * 10, 2: (old: number) => old + 1 } });
  const look: Step = (state) => state['seen'];

  test.each([
    [1, 71],
    [2, 8],
    [3, 7],
  ])('a value of version %d is brought up to date', async (version, expected) => {
    const effects = await run(served(spec, [look]), stored(7, version));
    expect([said(effects), effects.mutations]).toEqual([[expected], []]);
  });

  test('what is written says its version, and version 1 says none', async () => {
    const write: Step = (state) => (state['seen'] = 9);
    expect((await run(served(spec, [write]), stored(7, 1))).mutations).toEqual([{ name: 'seen', value: stored(9, 3) }]);
    expect(stored(9, 3).value).toEqual(Uint8Array.of(2, 3, 0, 0, 9));
    expect((await run(served(value(), [write]), undefined)).mutations[0].value?.value).toEqual(Uint8Array.of(0, 9));
  });

  test('what later code has written is neither read nor overwritten', async () => {
    for (const step of [look, (state: Record<string, unknown>) => (state['seen'] = 1)]) {
      await expect(run(served(spec, [step]), stored(7, 4))).rejects.toThrow(
        'a later version of the code has written it',
      );
    }
  });
});

test('a schema says what is taken, and what is read', async () => {
  const write =
    (given: unknown): Step =>
    (state) => {
      state['seen'] = given;
      return state['seen'];
    };
  const spec = value({ schema: countSchema });
  expect(said(await run(served(spec, [write('12')]), undefined))).toEqual([12]);
  await expect(run(served(spec, [write(-1)]), undefined)).rejects.toThrow('the value that was assigned is refused');
  await expect(run(served(spec, [(state) => state['seen']]), stored(-5))).rejects.toThrow(
    'the stored value is refused',
  );
});

test('what is no structured data is refused where it is assigned', async () => {
  const on = served(value(), [(state) => (state['seen'] = { list: [() => 1] })]);
  await expect(run(on, undefined)).rejects.toThrow(
    'case/fn "Kim", state "seen": State cannot hold a function (at .list[0]).',
  );
});

test('bytes that are no value are refused, and can be cleared', async () => {
  const broken = { typename: 'millrace/value', value: Uint8Array.of(0, 0xc1) };
  await expect(run(served(value(), [(state) => state['seen']]), broken)).rejects.toThrow(
    'the value that the cluster keeps',
  );
  const cleared = await run(served(value(), [(state) => (state['seen'] = undefined)]), broken);
  expect(cleared.mutations).toEqual([{ name: 'seen', value: undefined }]);
});

describe('a state of a type that others know', () => {
  const options = { states: { 'case/fn': { seen: IntType } } };

  test('is kept as that', async () => {
    const on = served(value({ initial: 0 }), [(state) => (state['seen'] = (state['seen'] as number) + 1)], options);
    expect((await run(on, typedValue(IntType, 41))).mutations).toEqual([
      { name: 'seen', value: typedValue(IntType, 42) },
    ]);
    expect(await on.ask(KIM, [], message('0'))).toMatchObject({
      states: [{ name: 'seen', typename: 'io.statefun.types/int' }],
    });
  });

  test('is refused with the reason if its type cannot say it', async () => {
    const on = served(value(), [(state) => (state['seen'] = 1.5)], options);
    await expect(run(on, undefined)).rejects.toThrow('the type io.statefun.types/int cannot write 1.5');
    await expect(run(served(value(), [(state) => state['seen']], options), stored(1))).rejects.toThrow('declared as');
  });

  test('is refused if its type makes no bytes of it, instead of being kept as nothing', async () => {
    const type = { typename: 'case/Nothing', serialize: () => undefined as never, deserialize: String };
    const on = served(value(), [(state) => (state['seen'] = 1)], { states: { 'case/fn': { seen: type } } });
    await expect(run(on, undefined)).rejects.toThrow('makes undefined of a value, and not bytes');
  });

  test('of JSON that is broken fails the batch', async () => {
    const json = { states: { 'case/fn': { seen: jsonType('case/Seen') } } };
    const broken = { typename: 'case/Seen', value: Buffer.from('{') };
    await expect(run(served(value(), [(state) => state['seen']], json), broken)).rejects.toThrow('cannot read it');
  });
});
