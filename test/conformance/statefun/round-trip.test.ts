/**
 * Case 59: the same program written for our engine and for the official JavaScript package, run in three ways, gives the
 * same for the same random commands: in our engine, behind our endpoint that our engine calls, and behind the package's
 * own handler that our engine calls.
 */
import type { RequestListener } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Context, defineEgress, defineFunction, defineModule, type Module, value } from '../../../src/index.ts';
import { createStatefunHandler } from '../../../src/endpoint/index.ts';
import { type Endpoint, remoteFunction, type TypedValue } from '../../../src/remote/index.ts';
import { IntType, jsonType, readTyped, StringType, typedValue } from '../../../src/statefun/index.ts';
import { testEngine } from '../../../src/testing/index.ts';
import { answeredBy, official } from './official-program.ts';

type Deed =
  | { readonly do: 'add'; readonly count: number }
  | { readonly do: 'name'; readonly name: string }
  | { readonly do: 'forget' }
  | { readonly do: 'tell' }
  | { readonly do: 'send'; readonly to: string; readonly deeds: readonly Deed[] }
  | { readonly do: 'later'; readonly ms: number; readonly token: string; readonly deeds: readonly Deed[] }
  | { readonly do: 'cancel'; readonly token: string };
type Deeds = readonly Deed[];

const TYPES = ['desk/one', 'desk/two'] as const;
const IDS = ['Kim', 'Lou'];
const deedsType = jsonType<Deeds>('desk/deeds');
const told = defineEgress<string | TypedValue>({ type: 'desk/told' });
const otherOf = (type: string): string => (type === TYPES[0] ? TYPES[1] : TYPES[0]);

// -- for our engine

const states = { sum: value({ initial: 0 }), name: value<string>({ expire: { after: '1 h' } }) };

function obey(ctx: Context<typeof states>, deeds: Deeds): void {
  for (const deed of deeds) {
    if (deed.do === 'add') ctx.state.sum += deed.count;
    else if (deed.do === 'name') ctx.state.name = deed.name;
    else if (deed.do === 'forget') ctx.clear('name');
    else if (deed.do === 'tell') {
      ctx.egress(told, `${ctx.self.type} ${ctx.self.id} ${ctx.state.sum} ${ctx.state.name} for ${ctx.caller?.id}`);
    } else if (deed.do === 'send') ctx.send(otherOf(ctx.self.type), deed.to, deed.deeds);
    else if (deed.do === 'cancel') ctx.cancel(deed.token);
    else {
      ctx.cancel(deed.token);
      ctx.sendAfter(deed.ms, ctx.self.type, ctx.self.id, deed.deeds, { token: deed.token });
    }
  }
}

const embedded = (): Module =>
  defineModule({
    functions: TYPES.map((type) => defineFunction({ type, state: states, invoke: obey })),
    egresses: [told],
  });

function ourHandler(): RequestListener {
  const ofStates = { sum: IntType, name: StringType };
  return createStatefunHandler({
    module: embedded(),
    types: [deedsType],
    sends: { 'desk/*': deedsType },
    states: { [TYPES[0]]: ofStates, [TYPES[1]]: ofStates },
  });
}

// -- for the official package

function officialHandler(): RequestListener {
  const { StateFun, messageBuilder, egressMessageBuilder } = official;
  const type = StateFun.jsonType<Deeds>('desk/deeds');
  const statefun = new StateFun();
  const messageTo = (typename: string, id: string, deeds: Deeds) =>
    messageBuilder({ typename, id, value: deeds, valueType: type });
  const fn: Parameters<typeof statefun.bind>[0]['fn'] = (context, message) => {
    const { self, caller } = context;
    const storage = context.storage as { sum: number | null; name: string | null };
    for (const deed of message.as(type) ?? []) {
      if (deed.do === 'add') storage.sum = (storage.sum ?? 0) + deed.count;
      else if (deed.do === 'name') storage.name = deed.name;
      else if (deed.do === 'forget') storage.name = null;
      else if (deed.do === 'tell') {
        const text = `${self.typename} ${self.id} ${storage.sum ?? 0} ${storage.name ?? undefined} for ${caller?.id}`;
        context.send(egressMessageBuilder({ typename: told.type, value: text, valueType: StateFun.stringType() }));
      } else if (deed.do === 'send') context.send(messageTo(otherOf(self.typename), deed.to, deed.deeds));
      else if (deed.do === 'cancel') context.cancelDelayedMessage(deed.token);
      else {
        context.cancelDelayedMessage(deed.token);
        context.sendAfter(deed.ms, messageTo(self.typename, self.id, deed.deeds), deed.token);
      }
    }
  };
  const specs = [
    { name: 'sum', type: StateFun.intType() },
    { name: 'name', type: StateFun.stringType(), expireAfterWrite: 3_600_000 },
  ];
  for (const typename of TYPES) statefun.bind({ typename, fn, specs });
  const handler = statefun.handler();
  return (request, response) => void handler(request, response);
}

// -- both behind their protocol

/**
 * Calls the handler without a socket and without a timer, so that what is answered before what is the same on any
 * machine: messages of two addresses to a third come in one order, not in that of the faster.
 */
function remote(handler: RequestListener): Module {
  const endpoint: Endpoint = {
    name: 'in this process',
    concurrency: 100,
    companion: undefined,
    call: answeredBy(handler),
  };
  return defineModule({ functions: TYPES.map((type) => remoteFunction({ type, endpoint })), egresses: [told] });
}

// -- commands

const anyWord = fc.constantFrom('a', 'ü', '');
const { deed: anyDeed } = fc.letrec<{ deed: Deed }>((tie) => {
  // Messages of different senders come in any order, so what they do in the end must not depend on it.
  const inner = fc.array(tie('inner') as fc.Arbitrary<Deed>, { maxLength: 3 });
  const add = fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: -1_000, max: 1_000 }) });
  const send = fc.record({ do: fc.constant('send' as const), to: fc.constantFrom(...IDS), deeds: inner });
  return {
    inner: fc.oneof({ depthSize: 'small' }, add, send),
    deed: fc.oneof(
      add,
      send,
      fc.record({ do: fc.constant('name' as const), name: anyWord }),
      fc.constant({ do: 'forget' as const }),
      fc.constant({ do: 'tell' as const }),
      fc.record({
        do: fc.constant('later' as const),
        ms: fc.constantFrom(0, 10, 5_000),
        token: fc.constantFrom('t', 'u'),
        deeds: inner.map((deeds): Deeds => [...deeds, { do: 'tell' }]),
      }),
      fc.record({ do: fc.constant('cancel' as const), token: fc.constantFrom('t', 'u') }),
    ),
  };
});
const anyStep = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom(...TYPES),
      id: fc.constantFrom(...IDS),
      deeds: fc.array(anyDeed, { maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ms: fc.constantFrom(1, 20, 6_000, 4_000_000) }) },
);
type Steps = readonly (
  | { readonly ms: number }
  | { readonly type: string; readonly id: string; readonly deeds: Deeds }
)[];

const addressOf = (record: string): string => record.split(' ', 2).join(' ');

/**
 * All records, and in the end one of each address that says its state. Each address's own are in order; which of two
 * addresses comes first when both are due is nobody's promise.
 */
async function outcome(module: Module, steps: Steps, messageOf: (deeds: Deeds) => unknown): Promise<string[]> {
  await using engine = await testEngine(module);
  for (const step of steps) {
    if ('ms' in step) await engine.advance(step.ms);
    else await engine.send(step.type, step.id, messageOf(step.deeds));
  }
  await engine.advance('1 min');
  for (const type of TYPES) {
    for (const id of IDS) await engine.send(type, id, messageOf([{ do: 'tell' }]));
  }
  return engine
    .egress(told)
    .map((record) => (typeof record === 'string' ? record : (readTyped(StringType, record) ?? '')))
    .toSorted((one, other) => Number(addressOf(one) > addressOf(other)) - Number(addressOf(one) < addressOf(other)));
}

test('#59 the same program in our engine, behind our endpoint, and behind the official package', async () => {
  const [ours, theirs] = [remote(ourHandler()), remote(officialHandler())];
  const typed = (deeds: Deeds): TypedValue => typedValue(deedsType, deeds);
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
      const expected = await outcome(embedded(), steps, (deeds) => deeds);
      expect(await outcome(ours, steps, typed)).toEqual(expected);
      expect(await outcome(theirs, steps, typed)).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});
