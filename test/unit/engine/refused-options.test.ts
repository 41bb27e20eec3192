/**
 * What is said with the rarer calls, those about all that is stored: what there is not is refused before anything is read,
 * written or asked of a shard. No shard stands behind the engine here, so whoever is asked shows.
 */
import { describe, expect, test } from 'vitest';
import { DeadLetters } from '../../../src/engine/dead-letters.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { Observation } from '../../../src/engine/observation.ts';
import { Parked } from '../../../src/engine/parked.ts';
import { bootstrap, checkMigrations, savepointDigest } from '../../../src/index.ts';

const asked: string[] = [];
const door = {
  shardCount: 1,
  now: () => 5,
  ask: (_: number, topic: string) => {
    asked.push(topic);
    return Promise.reject(new Error('asked'));
  },
};
const engine = new Engine({
  shardCount: 1,
  door,
  deadLetters: new DeadLetters(door as never),
  parked: new Parked(door as never),
  observation: new Observation({ door } as never),
  directory: { egressNumber: () => 0 },
  edges: { attach: () => void asked.push('attach'), stream: () => void asked.push('stream') },
  savepoint: (path: string) => Promise.reject(new Error(`asked for ${path}`)),
} as never);
const { deadLetters, parked } = engine;

const module = new URL('file:///no/module.ts');
const records: readonly never[] = [];
const bulk = (options: object): Promise<unknown> => bootstrap({ module, into: '/no', records, ...options });

type Call = (given: never) => Promise<unknown>;
const CALLS: Readonly<Record<string, Call>> = {
  'engine.scrub': (given) => engine.scrub(given),
  'engine.latency': (given) => engine.latency(given),
  'engine.savepoint': (given) => engine.savepoint(given),
  redrive: (given) => deadLetters.redrive({}, given),
  drop: (given) => deadLetters.drop(['x'], given),
  edit: (given) => deadLetters.edit({}, () => 1, given),
  list: (given) => deadLetters.list(given).next(),
  'parked.list': (given) => parked.list(given).next(),
  bootstrap: (given) => bulk(given),
  'bootstrap of nothing': (given) => bootstrap(given),
  checkMigrations: (given) => checkMigrations('/no', module, given),
  'checkMigrations at': (given) => checkMigrations(given, module),
  savepointDigest: (given) => savepointDigest(given),
};

const codeOf = (call: string): string => (call.endsWith('list') ? 'INVALID_FILTER' : 'INVALID_OPTION');

describe('an option that there is not', () => {
  const ofLetters = 'engine.deadLetters has no option "onprogress"; its options are onProgress.';
  const ofList = 'A list of dead letters has no field "limt"; its fields are type, id, error, from, to, limit, after.';
  test.each([
    ['engine.scrub', 'onprogress', 'engine.scrub has no option "onprogress"; its options are onProgress.'],
    ['engine.latency', 'rest', 'engine.latency has no option "rest"; its options are reset.'],
    ['redrive', 'onprogress', ofLetters],
    ['drop', 'onprogress', ofLetters],
    ['edit', 'onprogress', ofLetters],
    ['list', 'limt', ofList],
    ['bootstrap', 'record', 'bootstrap has no option "record"; its options are module, into, records, onProgress.'],
    ['checkMigrations', 'max', 'checkMigrations has no option "max"; its options are failuresMax, scratch.'],
  ])('of %s is refused: %s', async (call, name, message) => {
    await expect(CALLS[call]({ [name]: 1 } as never)).rejects.toMatchObject({
      code: codeOf(call),
      details: { [call === 'list' ? 'field' : 'option']: name },
      message: expect.stringContaining(message) as string,
    });
    expect(asked).toEqual([]);
  });
});

test.each<[string, unknown, string]>([
  ['engine.scrub', { onProgress: 'yes' }, 'The option onProgress is "yes"; allowed is a function.'],
  ['engine.scrub', 5, 'The options of engine.scrub must be an object with the fields onProgress, not 5.'],
  ['engine.latency', { reset: 'yes' }, 'The option reset is "yes"; allowed is true or false.'],
  ['engine.latency', true, 'The options of engine.latency must be an object with the fields reset, not true.'],
  ['engine.savepoint', undefined, 'The option path is undefined; allowed is a path or a file URL.'],
  ['engine.savepoint', '', 'The option path is ""; allowed is a path or a file URL.'],
  ['engine.savepoint', new URL('https://example.com'), 'The option path is an instance of URL; allowed is a path or'],
  ['redrive', { onProgress: 5 }, 'The option onProgress is 5; allowed is a function.'],
  ['drop', null, 'The options of engine.deadLetters must be an object with the fields onProgress, not null.'],
  ['list', { limit: '5' }, `The list's limit is "5"; allowed is a whole number from 0.`],
  ['list', { limit: -1 }, `The list's limit is -1; allowed is a whole number from 0.`],
  ['list', null, 'A list of dead letters must be an object with the fields type, '],
  ['parked.list', null, 'A filter must be an object with the fields type, id, error, from, to, not null.'],
  ['bootstrap of nothing', undefined, 'The options of bootstrap must be an object with the fields module, '],
  ['bootstrap', { into: undefined }, 'The option into is undefined; allowed is a path or a file URL.'],
  ['bootstrap', { records: undefined }, 'The option records is undefined; allowed is what gives records one after'],
  ['bootstrap', { records: { a: 1 } }, 'The option records is an object; allowed is what gives records one after'],
  ['bootstrap', { onProgress: true }, 'The option onProgress is true; allowed is a function.'],
  ['checkMigrations', { failuresMax: '5' }, 'The option failuresMax is "5"; allowed is a whole number from 0 to '],
  ['checkMigrations', { scratch: 5 }, 'The option scratch is 5; allowed is a path or a file URL.'],
  [
    'checkMigrations',
    5,
    'The options of checkMigrations must be an object with the fields failuresMax, scratch, not 5.',
  ],
  ['checkMigrations at', undefined, 'The option path is undefined; allowed is a path or a file URL.'],
  ['savepointDigest', 5, 'The option path is 5; allowed is a path or a file URL.'],
])('%s with %j is refused', async (call, given, message) => {
  await expect(CALLS[call](given as never)).rejects.toMatchObject({
    code: codeOf(call),
    message: expect.stringContaining(message) as string,
  });
  expect(asked).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['engine.scrub', { onProgress: () => {} }, 'store.scrub'],
  ['engine.latency', { reset: true, rest: undefined }, 'metrics.latencies'],
  ['redrive', { onProgress: undefined }, 'dead-letters.redrive'],
  ['list', { limit: 5, type: 'a/*' }, 'dead-letters.list'],
  ['list', { limit: Number.POSITIVE_INFINITY }, 'dead-letters.list'],
])('%s with %j is asked of the shards', async (call, given, topic) => {
  await expect(CALLS[call](given as never)).rejects.toThrow('asked');
  expect(asked.splice(0)).toEqual([topic]);
});

test('an egress is consumed by a function or by a loop', () => {
  for (const callback of [null, 5, 'log', {}]) {
    const consume = (): unknown => engine.egress('a/out', callback as never);
    expect(consume).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', details: { option: 'callback' } }));
  }
  expect(asked).toEqual([]);
  engine.egress('a/out', () => {});
  engine.egress('a/out');
  expect(asked.splice(0)).toEqual(['attach', 'stream']);
});
