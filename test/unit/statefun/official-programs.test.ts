/**
 * The same program over the official package and over ours, given the same requests: the same status and the same
 * effects, whatever the commands, the states that come along, and the batches.
 */
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ours from '../../../src/statefun/index.ts';
import type { BatchRequest, KnownState, RemoteInvocation } from '../../../src/statefun/protocol.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import { anyCommands, makeProgram, type Sdk, STATE_NAMES, STATE_TYPES } from './programs.ts';

const require = createRequire(import.meta.url);
const official = require('apache-flink-statefun') as unknown as Sdk;

interface Answer {
  readonly status: number;
  readonly contentType: unknown;
  /** And that it is right, where there is a body. */
  readonly hasLength: boolean;
  readonly response: unknown;
}

interface Program {
  handle(req: unknown, res: unknown): Promise<void>;
}

/** Gives a program the bytes as Node's HTTP server would. */
async function answerOf(program: Program, bytes: Uint8Array): Promise<Answer> {
  let [status, body, headers]: [number, Uint8Array, Record<string, unknown>] = [0, new Uint8Array(0), {}];
  const response = {
    writeHead(code: number, given: Record<string, unknown>) {
      [status, headers] = [code, given];
    },
    end(given = new Uint8Array(0)) {
      body = given;
    },
  };
  await program.handle(Readable.from([Buffer.from(bytes)]), response);
  const contentType = headers['Content-Type'];
  const hasLength = headers['Content-Length'] === (status === 200 ? body.length : headers['Content-Length']);
  return { status, contentType, hasLength, response: decodeResponse(body) };
}

const jsonValue = fc.array(fc.string({ maxLength: 5 }));

/** A value as the state may have it: unset, set, to something that is nothing, or of another type. */
function knownState(name: (typeof STATE_NAMES)[number]): fc.Arbitrary<KnownState> {
  const values: Record<string, fc.Arbitrary<Uint8Array>> = {
    count: fc.integer().map((value) => ours.IntType.serialize(value)),
    name: fc.string({ unit: 'grapheme' }).map((value) => ours.StringType.serialize(value)),
    flag: fc.boolean().map((value) => ours.BooleanType.serialize(value)),
    part: fc.constantFrom(0, 2.5).map((value) => ours.FloatType.serialize(value)),
    cart: jsonValue.map((value) => Buffer.from(JSON.stringify(value))),
  };
  const typename = fc.oneof({ weight: 20, arbitrary: fc.constant(STATE_TYPES[name]) }, fc.constant('test/other'));
  const value = fc.record({ typename, value: values[name].map((bytes) => new Uint8Array(bytes)) });
  return fc.record({ name: fc.constant<string>(name), value: fc.option(value, { nil: undefined }) });
}

const allStates = fc.tuple(...STATE_NAMES.map(knownState)).map((states): readonly KnownState[] => states);

const invocation: fc.Arbitrary<RemoteInvocation> = fc.record({
  caller: fc.option(fc.constant({ type: 'test/caller', id: 'c' }), { nil: undefined }),
  argument: anyCommands.map((commands) => ({
    typename: 'test/commands',
    value: new Uint8Array(Buffer.from(JSON.stringify(commands))),
  })),
});

const request: fc.Arbitrary<BatchRequest> = fc.record({
  target: fc.record({
    type: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('p/sync', 'p/async') },
      fc.constantFrom('p/plain', 'p/unknown'),
    ),
    id: fc.constantFrom('a', 'b'),
  }),
  states: fc.oneof(
    { weight: 8, arbitrary: allStates },
    allStates.map((states) => states.slice(2)),
    allStates.map((states) => [...states.toReversed(), { name: 'toString', value: undefined }]),
  ),
  invocations: fc.array(invocation, { minLength: 1, maxLength: 4 }),
});

/** Ours reports what theirs keeps to itself. */
function bothPrograms(): { readonly mine: Program; readonly theirs: Program; readonly errors: Error[] } {
  const errors: Error[] = [];
  class Quiet extends ours.StateFun {
    constructor() {
      super({ onError: (error) => errors.push(error) });
    }
  }
  return { mine: makeProgram({ ...ours, StateFun: Quiet }), theirs: makeProgram(official), errors };
}

test('any request: the same answer', async () => {
  const { mine, theirs, errors } = bothPrograms();
  const seen = { effects: 0, missing: 0, failed: 0 };
  await fc.assert(
    fc.asyncProperty(request, async (batch) => {
      const bytes = encodeRequest(batch);
      const [answer, expected] = [await answerOf(mine, bytes), await answerOf(theirs, bytes)];
      expect(answer).toEqual(expected);
      if (answer.status === 500) seen.failed++;
      else seen[(answer.response as { kind: 'effects' | 'missing' }).kind]++;
    }),
    { numRuns: 1500 },
  );
  expect(seen.effects).toBeGreaterThan(300);
  expect(seen.missing).toBeGreaterThan(30);
  expect(seen.failed).toBeGreaterThan(30);
  expect(errors).toHaveLength(seen.failed);
});

test('overlapping requests: the same answers', async () => {
  const { mine, theirs } = bothPrograms();
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 6 }), async (batches) => {
      const all = async (program: Program): Promise<Answer[]> =>
        await Promise.all(batches.map(async (batch) => await answerOf(program, encodeRequest(batch))));
      expect(await all(mine)).toEqual(await all(theirs));
    }),
    { numRuns: 200 },
  );
});

test.for([
  ['nothing', ''],
  ['garbage', 'ffffffff'],
  ['no batch', '0801'],
  ['a batch without a target', 'a20600'],
] as const)('%s: both say 500', async ([, hex]) => {
  const { mine, theirs } = bothPrograms();
  for (const program of [mine, theirs]) {
    expect(await answerOf(program, Buffer.from(hex, 'hex'))).toMatchObject({ status: 500 });
  }
});
