import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillEndpoint } from '../../../src/remote/endpoint-options.ts';
import { EndpointUrl } from '../../../src/remote/endpoint-url.ts';
import type { MillraceError } from '../../../src/sdk/errors.ts';

/** Template, then for function `greet`: origin, host header, path. */
test.each([
  ['http://h/{function.name}', 'http://h', 'h', '/greet'],
  ['http://h', 'http://h', 'h', '/'],
  ['https://h', 'https://h', 'h', '/'],
  ['http://h:80/', 'http://h', 'h', '/'],
  ['https://h:443/a', 'https://h', 'h', '/a'],
  ['http://h:443/a', 'http://h:443', 'h', '/a'],
  ['https://h:80/a', 'https://h:80', 'h', '/a'],
  ['http://h:8080/a/{function.name}/b', 'http://h:8080', 'h:8080', '/a/greet/b'],
  ['http://h?code=x&f={function.name}', 'http://h', 'h', '/?code=x&f=greet'],
  ['http://h/a?q#part', 'http://h', 'h', '/a?q#part'],
  ['http://[::1]:9/', 'http://[::1]:9', '[::1]:9', '/'],
  ['http://{function.name}.svc:81/', 'http://greet.svc:81', 'greet.svc:81', '/'],
  ['http://h/%2e/{function.name}{function.name}', 'http://h', 'h', '/greetgreet'],
  ['http+unix:///run/f.sock', 'unix:/run/f.sock', 'localhost', '/'],
  ['http+unix:///run/f.sock/a/{function.name}?x=1', 'unix:/run/f.sock', 'localhost', '/a/greet?x=1'],
  ['https+unix:///run/a.sock/b.sock/c', 'unix:/run/a.sock', 'localhost', '/b.sock/c'],
  ['http+unix:///run/{function.name}.sock/p', 'unix:/run/greet.sock', 'localhost', '/p'],
])('%s', (template, origin, host, path) => {
  expect(new EndpointUrl(template, true).targetOf('greet')).toMatchObject({ origin, host, path });
});

test('the fragment is sent by the async transport only', () => {
  expect(new EndpointUrl('http://h/a#b', false).targetOf('x').path).toBe('/a');
});

test.each([
  [''],
  ['h/x'],
  ['ftp://h/'],
  ['http://'],
  ['http://h:99999/'],
  ['http://h/{function}'],
  ['http://h/{function.name'],
  ['http://h/{namespace}/{function.name}'],
  ['http://h/a b'],
  ['http:\\\\h\\'],
  ['http+unix:///run/nothing'],
  ['http+unix://f.sock'],
  ['http+unix:///run/f.socket/x'],
  [undefined],
  [7],
])('refused: %s', (template) => {
  expect(() => new EndpointUrl(template, true)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
});

test('credentials are sent, and neither they nor the query are shown', () => {
  const url = new EndpointUrl('https://kim:s%20cret@h/f?code=s%20cret', true);
  expect(url.name).toBe('https://h/f');
  const basic = `Basic ${Buffer.from('kim:s cret').toString('base64')}`;
  expect(url.targetOf('x')).toMatchObject({ origin: 'https://h', authorization: basic, path: '/f?code=s%20cret' });
});

/** The name of the endpoint, or the error that there is none. */
function saidOf(url: string): string {
  try {
    return fillEndpoint({ url }).url.name;
  } catch (error) {
    return (error as MillraceError).message;
  }
}

test('no error shows a password, however broken the URL is', () => {
  const part = fc.string({ unit: fc.constantFrom('/', '?', '#', '@', ':', 'x', '\\', '[', '%') });
  fc.assert(
    fc.property(part, fc.constantFrom('http', 'https'), (rest, scheme) => {
      expect(saidOf(`${scheme}://kim:sesame@${rest}`)).not.toContain('sesame');
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test.each<[string, object]>([
  ['a profile', { profile: 'netty' }],
  ['a zero timeout', { timeouts: { call: 0 } }],
  ['a timeout that is none', { timeouts: { connect: 'soon' } }],
  ['an infinite timeout', { timeouts: { call: Infinity } }],
  ['more for connecting than for the call', { profile: 'okhttp', timeouts: { call: 100, connect: 200 } }],
  ['more for reading than for the call', { profile: 'okhttp', timeouts: { call: 100, read: 200 } }],
  ['no concurrency', { concurrency: 0 }],
  ['half a connection', { connectionCountMax: 0.5 }],
  ['no response', { responseBytesMax: 0 }],
  ['no effects', { effectCountMax: 0 }],
  ['a certificate without its key', { tls: { clientCertificateFile: 'a' } }],
  ['a key without its certificate', { tls: { clientKeyFile: 'a' } }],
  ['a password without a key', { tls: { clientKeyPasswordFile: 'a' } }],
  ['a file that is no path', { tls: { trustedCaFile: 7 } }],
  ['hosts that are no list', { allow: 'h' }],
  ['a breaker that is open from the start', { breaker: { failureCount: 0 } }],
])('refused: %s', (_name, options) => {
  expect(() => fillEndpoint({ url: 'http://h', ...options })).toThrow(
    expect.objectContaining({ code: 'INVALID_DEFINITION' }),
  );
});

test('the defaults are those of the transports', () => {
  expect(fillEndpoint({ url: 'http://h' })).toMatchObject({
    callMs: 120_000,
    connectMs: 20_000,
    readMs: 0,
    concurrency: 256,
    connectionCountMax: 1024,
    connectionAgeMaxMs: 15_000,
    responseBytesMax: 33_554_432,
    effectCountMax: 100_000,
  });
  expect(fillEndpoint({ url: 'http://h', profile: 'okhttp' })).toMatchObject({
    callMs: 60_000,
    connectMs: 10_000,
    readMs: 10_000,
    writeMs: 10_000,
    connectionAgeMaxMs: 60_000,
  });
  expect(fillEndpoint({ url: 'http://h', profile: 'okhttp', timeouts: { call: '5 s' } })).toMatchObject({
    callMs: 5_000,
    connectMs: 5_000,
    readMs: 5_000,
  });
});
