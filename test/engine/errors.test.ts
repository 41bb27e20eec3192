/**
 * Every error code, and how to meet it. The table is checked against the list of codes, so that a code that nobody can
 * meet (or that nobody has tried to) does not exist. Every error is of at least two
 * sentences: what was given (and is allowed), and what happens next.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import {
  bootstrap,
  defineEgress,
  defineFunction,
  defineIngress,
  defineModule,
  defineRouter,
  type EngineOptions,
  ERROR_CODES,
  type ErrorCode,
  type IngressSource,
  MillraceError,
  ndjsonSource,
  startEngine,
  table,
} from '../../src/index.ts';
import { readModuleText } from '../../src/remote/module-yaml.ts';
import { ingressOf } from '../../src/remote/yaml-ingress.ts';
import { createStatefunHandler, type EndpointEvent } from '../../src/endpoint/index.ts';
import { portableFilter } from '../../src/sdk/dead-letter.ts';
import { httpEndpoint } from '../../src/remote/http-endpoint.ts';
import { decodeResponse, encodeRequest } from '../../src/statefun/protocol-codec.ts';
import { IntType } from '../../src/statefun/types.ts';
import { type Order, puppet, records } from './puppet.ts';
import { closedGate, openEngine, PUPPET_MODULE, until } from './puppet-engine.ts';
import type { TypedOrder } from './typed-functions.ts';

/** How to meet a code: returns, throws or rejects with the error. */
type Provocation = () => unknown;

async function rejected(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => expect.unreachable('it went well'),
    (error: unknown) => error,
  );
}

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.unreachable('it went well');
}

const sending = (id: string, message: unknown) => async (): Promise<unknown> => {
  const { engine } = await openEngine();
  return await rejected(engine.send('puppet/sync', id, message));
};

const starting = (options: Partial<EngineOptions>) => async (): Promise<unknown> =>
  await rejected(startEngine({ module: PUPPET_MODULE, ...options }));

/** What an invocation threw, as the cause of what its asker gets. */
const obeying =
  (...orders: readonly Order[]) =>
  async (): Promise<unknown> => {
    const { engine } = await openEngine();
    for (const order of orders.slice(0, -1)) await engine.send(puppet, 'Kim', order);
    return await rejected(engine.ask(puppet, 'Kim', orders.at(-1) as Order));
  };

const causeOf = (provoke: Provocation) => async (): Promise<unknown> => ((await provoke()) as MillraceError).cause;

/** The first error that an engine with these options reports to its listeners. */
const reporting =
  (options: () => Partial<EngineOptions>, ...orders: readonly Order[]) =>
  async (): Promise<unknown> => {
    const { engine, errors } = await openEngine(options());
    for (const order of orders) await engine.send(puppet, 'Kim', order);
    await until(() => errors.length > 0);
    return errors[0];
  };

const noise = (items: readonly unknown[], failure?: Error): IngressSource<unknown> => ({
  replayable: false,
  async *read() {
    yield { records: items, position: undefined };
    if (failure !== undefined) throw failure;
  },
});

const ingress = (source: IngressSource<unknown>) => defineIngress({ type: 'test/noise', source });

const KAFKA_INGRESS = {
  kind: 'io.statefun.kafka.v1/ingress',
  id: 'test/orders',
  routes: [],
  properties: new Map(),
  startup: { from: 'latest' },
} as const;

const router = (route: () => void) => defineRouter({ ingress: 'test/noise', route });

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-errors-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

function fileWith(text: string): string {
  const path = join(scratch(), 'input');
  writeFileSync(path, text);
  return path;
}

/** Starts over a data directory that another engine has left, and whose format file was changed since. */
const startingAfter = (change: (text: string) => string) => async (): Promise<unknown> => {
  const directory = scratch();
  await (await openEngine({ directory })).engine.stop();
  const path = join(directory, 'millrace.json');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return await starting({ directory })();
};

/** An engine that has made a savepoint and stopped. */
async function savepointOf(): Promise<{ readonly directory: string; readonly savepoint: string }> {
  const directory = scratch();
  const savepoint = join(scratch(), 'savepoint');
  const { engine } = await openEngine({ directory });
  await engine.send(puppet, 'Kim', { do: 'save', value: 1 });
  await engine.savepoint(savepoint);
  await engine.stop();
  return { directory, savepoint };
}

/** As a later version would have written it, checksum and all. */
function withNextFormat(text: string): string {
  const { checksum: _, ...fields } = JSON.parse(text) as { format: number; checksum: number };
  fields.format++;
  return JSON.stringify({ ...fields, checksum: crc32(JSON.stringify(fields)) });
}

const typedModule = (version: number): URL => new URL(`./typed-module-${version}.ts`, import.meta.url);

/** An engine whose state has been written by version 1 of its module. */
const askingTyped = (version: number, order: TypedOrder) => async (): Promise<unknown> => {
  const savepoint = join(scratch(), 'savepoint');
  const records = [{ type: 'typed/entity', id: 'Kim', state: { profile: 'broken' } }];
  await bootstrap({ module: typedModule(1), into: savepoint, records });
  const { engine } = await openEngine({ module: typedModule(version), directory: scratch(), from: savepoint });
  return await rejected(engine.ask('typed/entity', 'Kim', order));
};

const failingSink = {
  write() {
    throw new Error('sink is full');
  },
};

const flood: Order = {
  do: 'send',
  to: { type: 'puppet/sync', id: 'Kim' },
  order: { do: 'echo', value: 'x'.repeat(2_000) },
  times: 60_000,
};

/** A call to where nobody listens, or, for some names, cannot be. */
async function callRemote(type: string, report: (error: unknown) => void = () => undefined): Promise<unknown> {
  const url = `http+unix://${scratch()}/nobody.sock/{function.name}`;
  const endpoint = httpEndpoint({ url, breaker: { failureCount: 1 } });
  endpoint.companion?.start({ shard: 0, shardCount: 1, report });
  onTestFinished(() => endpoint.companion?.stop());
  const request = { target: { type, id: 'Kim' }, states: [], invocations: [] };
  return await endpoint.call(request, new AbortController().signal);
}

const PROVOCATIONS: Readonly<Record<ErrorCode, Provocation>> = {
  INVALID_TYPE_NAME: () => thrown(() => defineFunction({ type: 'no-slash', invoke() {} })),
  INVALID_ID: sending('', { do: 'load' }),
  INVALID_OPTION: starting({ shardCount: 0 }),
  INVALID_DEFINITION: () => thrown(() => defineFunction({ type: 'a/b', invoke: 'no' as never })),
  DUPLICATE_TYPE: () => thrown(() => defineModule({ functions: [puppet, puppet] })),
  MODULE_NOT_LOADED: starting({ module: new URL('./broken-module.ts', import.meta.url) }),
  MODULE_NOT_EXPORTED: starting({ module: new URL('./empty-module.ts', import.meta.url) }),
  PROCESS_FAILED: reporting(() => ({ module: new URL('./missing-process-module.ts', import.meta.url) })),
  MODULE_YAML_INVALID: () => thrown(() => readModuleText('kind', 'module.yaml')),
  UNKNOWN_FUNCTION: async () => await rejected((await openEngine()).engine.send('puppet/nobody', 'Kim', 1)),
  UNKNOWN_TARGET: reporting(() => ({}), {
    do: 'send',
    to: { type: 'puppet/nobody', id: 'Lee' },
    order: { do: 'load' },
  }),
  TOO_MANY_TYPES: async () => {
    const { engine } = await openEngine({ module: new URL('./namespace-module.ts', import.meta.url) });
    const types = Array.from({ length: 4_097 }, (_, index) => `told/${index}`);
    return await rejected(Promise.all(types.map((type) => engine.send(type, 'Kim', { text: 'x' }))));
  },
  UNKNOWN_EGRESS: async () =>
    thrown(
      (
        (engine) => () =>
          engine.egress('puppet/nowhere')
      )((await openEngine()).engine),
    ),
  UNKNOWN_INGRESS: starting({ routers: [router(() => {})] }),
  UNSERVED_INGRESS: starting({ ingresses: [ingressOf(KAFKA_INGRESS, undefined)] }),
  MESSAGE_NOT_ENCODABLE: sending('Kim', { do: 'echo', value: () => {} }),
  MESSAGE_TOO_LARGE: sending('Kim', { do: 'echo', value: 'x'.repeat(17 * 1024 * 1024) }),
  INVALID_TRACE: async () => {
    const { engine } = await openEngine();
    return await rejected(engine.send(puppet, 'Kim', { do: 'load' }, { trace: { causalId: '' } }));
  },
  REPLY_WITHOUT_CALLER: causeOf(reporting(() => ({}), { do: 'echo', value: 1 })),
  INVALID_KEY: causeOf(obeying({ do: 'entry', key: '' })),
  MESSAGE_INVALID: askingTyped(2, { neither: 'set nor get' } as never),
  STATE_INVALID: causeOf(askingTyped(2, { set: 'count', to: -1 })),
  STATE_MIGRATION_FAILED: causeOf(askingTyped(3, { get: 'profile' })),
  INVALID_DELAY: causeOf(obeying({ do: 'send after', delay: -1, token: 'bell', value: 1 })),
  INVALID_TIMER: causeOf(obeying({ do: 'cancel', token: '' })),
  DUPLICATE_TOKEN: causeOf(
    obeying(
      { do: 'send after', delay: '1h', token: 'bell', value: 1 },
      { do: 'send after', delay: '1h', token: 'bell', value: 2 },
    ),
  ),
  CONTEXT_EXPIRED: causeOf(obeying({ do: 'sleep', ms: 1, after: { do: 'keepContext' } }, { do: 'useContext' })),
  INVOCATION_FAILED: obeying({ do: 'throw', text: 'as told' }),
  ADDRESS_PARKED: async () => {
    const { engine } = await openEngine({ module: new URL('./failing-module.ts', import.meta.url) });
    engine.egress('failing/alarms', () => {});
    for (let n = 0; n < 21; n++) await engine.send('failing/parking', 'a', { n, fail: 'no' });
    await engine.drained();
    for await (const { error } of engine.deadLetters.list()) {
      return new MillraceError(error.code as ErrorCode, error.message);
    }
    return expect.unreachable('there is a dead letter');
  },
  REMOTE_RESPONSE_REFUSED: causeOf(async () => {
    const { engine } = await openEngine({ module: new URL('./refused-module.ts', import.meta.url) });
    return await rejected(engine.ask('remote/refused', 'Kim', 'hello'));
  }),
  INVALID_FILTER: () => thrown(() => portableFilter({ type: 5 as never })),
  FUNCTION_FAILED: async () => {
    const { engine } = await openEngine();
    return await rejected(engine.ask('puppet/stopping', 'a', { do: 'throw', text: 'no' }));
  },
  INVOCATION_OVERDUE: async () => {
    const { engine, errors } = await openEngine();
    await engine.send('puppet/hurried', 'a', { do: 'sleep', ms: 1e9 });
    await until(() => errors.length > 0);
    return errors[0];
  },
  ASK_TIMED_OUT: async () =>
    await rejected((await openEngine()).engine.ask(puppet, 'Kim', { do: 'save', value: 1 }, { timeoutMs: 20 })),
  MALFORMED_RECORD: reporting(() => ({
    ingresses: [ingress(ndjsonSource({ path: fileWith('{}\n{"a":\n'), onMalformed: 'skip' }))],
  })),
  MALFORMED_BATCH: () => thrown(() => decodeResponse(Uint8Array.of(0xa2, 0x06, 0x7f))),
  TYPE_MISMATCH: () => thrown(() => IntType.serialize(1.5)),
  INGRESS_FAILED: reporting(() => ({ ingresses: [ingress(noise([1], new Error('source is dry')))] })),
  ROUTER_FAILED: reporting(() => ({
    ingresses: [ingress(noise([1]))],
    routers: [
      router(() => {
        throw new Error('wrong turn');
      }),
    ],
  })),
  EGRESS_FAILED: reporting(() => ({ egresses: [defineEgress({ type: records, sink: failingSink })] }), {
    do: 'egress',
    value: 1,
  }),
  EGRESS_UNCONSUMED: async () => {
    const { engine, errors } = await openEngine();
    await engine.send(puppet, 'Kim', { do: 'egress many', count: 20_000 });
    const timer = setInterval(() => void engine.send(puppet, 'Kim', { do: 'save', value: 1 }).catch(() => {}), 5);
    await until(() => errors.length > 0);
    clearInterval(timer);
    return errors[0];
  },
  EGRESS_CONSUMED_TWICE: async () => {
    const { engine } = await openEngine();
    engine.egress(records, () => {});
    return thrown(() => engine.egress(records));
  },
  SPILL_FAILED: causeOf(reporting(() => ({ overflowBytes: 0, spillDirectory: '/dev/null/nowhere' }), flood)),
  SHARD_STUCK: async () => {
    const { engine, errors } = await openEngine({ stuckMs: 20 });
    await engine.send(puppet, 'Kim', { do: 'spin', gate: closedGate().gate });
    await until(() => errors.length > 0);
    return errors[0];
  },
  MESSAGE_QUARANTINED: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-errors-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const { engine, errors } = await openEngine({ directory, fatalCount: 2 });
    await engine.send(puppet, 'Kim', { do: 'misbehave', how: 'process.exit' });
    const quarantined = (): MillraceError | undefined => errors.find(({ code }) => code === 'INVOCATION_FAILED');
    await until(() => quarantined() !== undefined);
    return Object.assign(quarantined()?.cause as Error, { name: 'MillraceError' });
  },
  SHARD_RECOVERING: async () => {
    const { engine, errors } = await openEngine({ directory: scratch() });
    await engine.send(puppet, 'Kim', { do: 'misbehave', how: 'process.exit' }, { until: 'accepted' });
    await until(() => errors.length > 0);
    return errors[0];
  },
  SHARD_FAILED: reporting(() => ({}), { do: 'misbehave', how: 'process.exit' }),
  ENGINE_STOPPED: async () => {
    const { engine } = await openEngine();
    await engine.stop();
    return await rejected(engine.send(puppet, 'Kim', { do: 'load' }));
  },
  DATA_DAMAGED: startingAfter((text) => text.replace('"format": 2', '"format": 7')),
  DATA_LOCKED: async () => {
    const directory = scratch();
    await openEngine({ directory });
    return await starting({ directory })();
  },
  DATA_TOO_NEW: startingAfter(withNextFormat),
  DATA_OTHER_STORE: async () => {
    const directory = scratch();
    await (await startNativeFree({ module: PUPPET_MODULE, directory, shardCount: 1 })).stop();
    return await starting({ directory })();
  },
  DATA_NOT_EMPTY: async () => {
    const { directory, savepoint } = await savepointOf();
    return await starting({ directory, from: savepoint })();
  },
  NOT_ON_STATEFUN: () =>
    thrown(() => {
      const fn = defineFunction({ type: 'a/b', state: { rows: table() }, invoke: () => {} });
      createStatefunHandler({ module: defineModule({ functions: [fn] }) });
    }),
  CALLER_GONE: async () => {
    const fn = defineFunction({ type: 'a/b', invoke: () => new Promise(() => {}) });
    const errors: unknown[] = [];
    const log = ({ error }: EndpointEvent): void => void errors.push(error);
    const { handleBytes } = createStatefunHandler({ module: defineModule({ functions: [fn] }), log });
    const invocations = [{ caller: undefined, argument: { typename: 'a/b', value: undefined } }];
    const request = encodeRequest({ target: { type: 'a/b', id: 'x' }, states: [], invocations });
    await handleBytes(request, AbortSignal.abort());
    return errors[0];
  },
  SAVEPOINT_FAILED: async () => {
    const { engine } = await openEngine({ directory: scratch() });
    return await rejected(engine.savepoint(dirname(fileWith('not empty'))));
  },
  SAVEPOINT_DAMAGED: async () => {
    const { savepoint } = await savepointOf();
    const path = join(savepoint, 'savepoint.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/\d/, '9'));
    return await starting({ directory: scratch(), from: savepoint })();
  },
  BOOTSTRAP_FAILED: async () =>
    await rejected(bootstrap({ module: PUPPET_MODULE, into: dirname(fileWith('not empty')), records: [] })),
  REMOTE_CALL_FAILED: async () => await rejected(callRemote('test/..')),
  ENDPOINT_UNREACHABLE: () =>
    new Promise((resolve) => {
      callRemote('test/greeter', resolve).catch(() => undefined);
    }),
  STORAGE_FAILED: starting({ directory: '/dev/null/nowhere' }),
};

test('the table holds every code', () => {
  expect(new Set(Object.keys(PROVOCATIONS))).toEqual(new Set(ERROR_CODES));
});

test.each(Object.entries(PROVOCATIONS))('%s can be met', async (code, provoke) => {
  const error = (await provoke()) as MillraceError;
  // What has crossed a thread as a cause is an Error with the same code, no more an instance of the class.
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'MillraceError', code });
  expect(error.message).toMatch(/[.!?…] [A-Z].*\.$/s);
});
