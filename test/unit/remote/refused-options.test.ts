/**
 * What is said of an endpoint and would have no effect: it is refused where it stands, with what is allowed there.
 */
import { describe, expect, test } from 'vitest';
import { httpEndpoint, readModuleYaml, statefunModule } from '../../../src/remote/index.ts';
import { fillProcess } from '../../../src/remote/process-options.ts';
import { moduleOfText } from '../../../src/remote/read-module-yaml.ts';
import type { MillraceError } from '../../../src/sdk/errors.ts';
import { StateFun } from '../../../src/statefun/index.ts';

const http = (options: object): unknown => httpEndpoint({ url: 'http://127.0.0.1:8000', ...options });
const ofProcess = (options: object): unknown => fillProcess({ command: ['x'], ...options }, 'linux');

/** What is thrown by this: its code, its details and the beginning of what it says. */
function refusalOf(make: () => unknown): { readonly code: string; readonly details: object; readonly message: string } {
  try {
    make();
  } catch (error) {
    const { code, details, message } = error as MillraceError;
    return { code, details, message };
  }
  throw new Error('nothing was refused');
}

const says = (message: string): string => expect.stringContaining(message) as string;
const refused = (message: string, field?: string): object => ({
  code: 'INVALID_DEFINITION',
  details: field === undefined ? {} : { field },
  message: says(message),
});

describe('an HTTP endpoint', () => {
  test.each([
    [{ concurency: 5 }, 'concurency', 'An HTTP endpoint has no field "concurency"; its fields are url, profile, timeo'],
    [
      { timeouts: { cal: 5 } },
      'cal',
      'An HTTP endpoint: timeouts has no field "cal"; its fields are call, connect, read, write.',
    ],
    [
      { breaker: { failures: 5 } },
      'failures',
      'An HTTP endpoint: breaker has no field "failures"; its fields are failureCount, ',
    ],
    [{ tls: { caFile: 'x' } }, 'caFile', 'An HTTP endpoint: tls has no field "caFile"; its fields are trustedCaFile, '],
  ])('with %j is refused', (options, field, message) => {
    expect(refusalOf(() => http(options))).toEqual(refused(message, field));
  });

  test.each([
    [{ timeouts: '5 s' }, 'An HTTP endpoint: timeouts must be an object with the fields call, '],
    [{ breaker: null }, 'An HTTP endpoint: breaker must be an object with the fields failureCount, '],
    [{ tls: 'ca.pem' }, 'An HTTP endpoint: tls must be an object with the fields trustedCaFile, '],
  ])('with %j is refused', (options, message) => {
    expect(refusalOf(() => http(options))).toEqual(refused(message));
  });

  test('a field without a value is none', () => {
    expect(http({ concurency: undefined, tls: { caFile: undefined } })).toMatchObject({ concurrency: 256 });
  });

  test.each([undefined, null, 'http://127.0.0.1:8000'])('of %j is refused', (options) => {
    const what = 'An HTTP endpoint must be an object with the fields url, ';
    expect(refusalOf(() => httpEndpoint(options as never))).toEqual(refused(what));
  });
});

describe('a process', () => {
  test.each([
    [{ concurency: 5 }, 'concurency', 'The argument of processEndpoint has no field "concurency"; its fields are comm'],
    [{ restart: { initial: 5 } }, 'initial', 'processEndpoint: restart has no field "initial"; its fields are initia'],
    [{ timeouts: { cal: 5 } }, 'cal', 'An HTTP endpoint: timeouts has no field "cal"; its fields are call, '],
  ])('with %j is refused', (options, field, message) => {
    expect(refusalOf(() => ofProcess(options))).toEqual(refused(message, field));
  });

  test.each([
    [{ restart: 100 }, 'processEndpoint: restart must be an object with initialMs, factor, maxMs and jitter, not 100.'],
    [{ restart: { initialMs: '1 s' } }, 'processEndpoint: restart.initialMs is "1 s"; allowed is milliseconds up to '],
    [{ env: 'PATH' }, 'processEndpoint: env must be an object with names and their texts, not "PATH".'],
    [{ env: { PATH: 5 } }, 'processEndpoint: env must be names with texts; given: "PATH".'],
    [{ name: 5 }, 'processEndpoint: name must be a text; given: 5.'],
    [{ timeouts: { call: 'soon' } }, 'An HTTP endpoint: timeouts.call must be a duration'],
    [{ concurrency: 2 ** 21 }, 'An HTTP endpoint: concurrency must be a whole number from 1 to 1048576'],
  ])('with %j is refused', (options, message) => {
    expect(refusalOf(() => ofProcess(options))).toEqual(refused(message));
  });

  test('with nothing said is refused; with little said it gets the rest', () => {
    const what = 'The argument of processEndpoint must be an object with the fields command, ';
    expect(refusalOf(() => fillProcess(undefined as never, 'linux'))).toEqual(refused(what));
    const filled = ofProcess({ restart: { maxMs: 5_000 }, env: undefined, timeouts: { call: '5 s' } });
    expect(filled).toMatchObject({ name: 'x', restart: { initialMs: 100, factor: 2, maxMs: 5_000, jitter: 0.5 } });
  });
});

describe('a module.yaml', () => {
  const INGRESS = `kind: io.statefun.kafka.v1/ingress
spec:
  id: shop/orders
  address: kafka:9092
  consumerGroupId: shop
  topics:
    - topic: orders
      valueType: shop/order
      targets: [shop/cart]
`;
  const read = (options: unknown) => (): unknown => moduleOfText(INGRESS, 'module.yaml', options as never);
  const ofYaml = 'sources, sinks, failure, allow, onWarning';

  test.each([
    [{ onWarn: () => {} }, 'onWarn', `readModuleYaml has no option "onWarn"; its options are ${ofYaml}.`],
    [{ onWarning: 'log' }, 'onWarning', 'readModuleYaml: onWarning is "log"; allowed is a function.'],
    [{ sinks: { 'shop/orders': {} } }, 'sinks', 'readModuleYaml: sinks names "shop/orders", which the module does not'],
  ])('read with %j is refused', (options, option, message) => {
    expect(refusalOf(read(options))).toEqual({ code: 'INVALID_OPTION', details: { option }, message: says(message) });
  });

  test.each([
    [null, 'INVALID_OPTION', `The options of readModuleYaml must be an object with the fields ${ofYaml}, not null.`],
    [{ sources: 5 }, 'INVALID_OPTION', 'readModuleYaml: sources must be an object with what stands in by id, not 5.'],
    [{ sources: { 'shop/orders': 'x.ndjson' } }, 'INVALID_DEFINITION', 'Ingress shop/orders: source must have a '],
  ])('read with %j is refused', (options, code, message) => {
    expect(refusalOf(read(options))).toEqual({ code, details: {}, message: says(message) });
  });

  test.each([undefined, '', 5, new URL('https://example.com/module.yaml')])('at %s is refused', (url) => {
    const message = says('; allowed is a path or a file URL. ');
    const refusal = { code: 'INVALID_OPTION', details: { option: 'url' }, message };
    expect(refusalOf(() => readModuleYaml(url as never))).toEqual(refusal);
  });
});

test('an embedded program is refused a policy that nobody would carry out', () => {
  const embedded = (options: unknown) => (): unknown => statefunModule(new StateFun(), options as never);
  expect(refusalOf(embedded({ failur: { attempts: 5 } }))).toEqual({
    code: 'INVALID_OPTION',
    details: { option: 'failur' },
    message: says('statefunModule has no option "failur"; its options are failure.'),
  });
  expect(embedded({ failure: undefined })()).toMatchObject({ kind: 'module' });
});
