/** What an endpoint of a module.yaml may not say: all that `httpEndpoint` refuses is a finding of the file, with its place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../../src/index.ts';
import { readModuleText } from '../../../src/remote/module-yaml.ts';
import type { YamlFinding } from '../../../src/remote/module-yaml-finding.ts';
import { moduleOfText } from '../../../src/remote/read-module-yaml.ts';
import { refusalOf } from './module-yaml-refusal.ts';

const V2 = 'kind: io.statefun.endpoints.v2/http\nspec:\n  functions: shop/*\n';

function at(url: string): string {
  return `${V2}  urlPathTemplate: ${JSON.stringify(url)}\n`;
}

function withTransport(...fields: readonly string[]): string {
  return `${at('http://shop/')}  transport:\n${fields.map((field) => `    ${field}\n`).join('')}`;
}

function refusals(text: string): string[] | undefined {
  return refusalOf(text)?.findings.map(({ line, column, path, what }) => `${line}:${column} ${path}: ${what}`);
}

describe('the URL', () => {
  test.each([
    ['http://shop/{function.id}', '"http://shop/{function.id}" may hold {function.name} and no other braces'],
    ['http://$' + '{HOST}/x', '"http://$' + '{HOST}/x" may hold {function.name} and no other braces'],
    ['http://shop/a b', 'http://shop/a b is no URL'],
    ['http://shop/a\\b', 'http://shop/a\\b is no URL'],
    [
      'http://169.254.169.254/latest',
      "http://169.254.169.254/latest leads to the machine's own link or to cloud metadata; list its host in allow if it is meant",
    ],
    ['http+unix://run/shop.sock', 'http+unix://run/shop.sock needs a path with a component that ends in .sock'],
  ])('%s is refused', (url, what) => {
    expect(refusals(at(url))).toEqual([`4:20 spec.urlPathTemplate: ${what}`]);
  });

  test('does not show its password when it is refused', () => {
    expect(refusals(at('http://kim:secret@169.254.169.254/'))?.join()).not.toContain('secret');
    expect(refusals(at('http://kim:secret@shop/{x}'))?.join()).not.toContain('secret');
  });

  test('may be one that would be refused if its host is allowed', () => {
    const text = at('http://169.254.169.254/');
    expect(moduleOfText(text, 'module.yaml', { allow: ['169.254.169.254'] }).functions).toHaveLength(1);
    expect(() => moduleOfText(text, 'module.yaml')).toThrow(expect.objectContaining({ code: 'MODULE_YAML_INVALID' }));
    const wrong = { allow: 'all' as never };
    expect(() => moduleOfText(text, 'm.yaml', wrong)).toThrow('allow must be a list of hosts');
  });
});

describe('the transport', () => {
  test.each([
    ['call: 0s', '6:11 spec.transport.call: it must be more than 0'],
    ['connect: 0', '6:14 spec.transport.connect: it must be more than 0'],
    ['client_key_password: /x', '6:26 spec.transport.client_key_password: it is of no use without client_key'],
    ['trust_cacerts: ""', '6:20 spec.transport.trust_cacerts: it must not be empty'],
    [
      'trust_cacerts: file://other/ca.pem',
      '6:20 spec.transport.trust_cacerts: no file can be named "file://other/ca.pem"',
    ],
    ['trust_cacerts: file:///a%2Fb', '6:20 spec.transport.trust_cacerts: no file can be named "file:///a%2Fb"'],
    ['trust_cacerts: "a\\0b"', '6:20 spec.transport.trust_cacerts: no file can be named "a\\u0000b"'],
    [
      'trust_cacerts: https://shop/ca.pem',
      '6:20 spec.transport.trust_cacerts: it must be a path or a URL that begins with file:, not "https://shop/ca.pem"',
    ],
  ])('with %s is refused', (field, refusal) => {
    expect(refusals(withTransport(field))).toEqual([refusal]);
  });

  test('tells of all its mistakes, and of those of other endpoints, at once', () => {
    const text = `${withTransport('call: 0s', 'client_cert: file://other/a.pem')}---\n${at('http://b/{x}').replace('shop/*', 'b/*')}`;
    expect(refusals(text)?.map((refusal) => refusal.split(': ')[0])).toEqual([
      '6:11 spec.transport.call',
      '7:18 spec.transport.client_cert',
      '7:18 spec.transport.client_cert',
      '12:20 spec.urlPathTemplate',
    ]);
  });

  test('may say more than we can do, which is a warning', () => {
    const text = withTransport('pool_size: 100000', 'payload_max_bytes: 2147483647');
    const { description, warnings } = readModuleText(text, 'module.yaml');
    expect(description.endpoints[0].transport).toMatchObject({ poolSize: 65_536, payloadBytesMax: 2 ** 30 });
    expect(warnings.map(({ line, what }) => `${line}: ${what}`)).toEqual([
      '6: it is taken as 65536, the most there is here',
      '7: it is taken as 1073741824, the most there is here',
    ]);
    expect(moduleOfText(text, 'module.yaml', { onWarning: () => {} }).functions).toHaveLength(1);
  });
});

const anyUrl = fc.oneof(
  fc.constantFrom('http://h/', 'http+unix:///a.sock/b', 'https://{function.name}.h:1/', 'http://[::ffff:169.254.0.1]/'),
  fc.stringMatching(/^https?(\+unix)?:\/\/[a-z{}.%@:\\ 0-9[\]]{0,12}\/[a-z{}.%# ?]{0,8}$/),
  fc.string(),
);
const anyLocation = fc.oneof(fc.constantFrom('a.pem', 'classpath:a.pem', 'FILE:///a', 'file:a', 'file:'), fc.string());
const anyNumber = fc.oneof(fc.constantFrom('0', '-1', '2147483648', '1e3'), fc.nat().map(String));
const anyTransport = fc.record(
  {
    type: fc.constantFrom('io.statefun.transports.v1/async', 'io.statefun.transports.v1/okhttp'),
    call: fc.constantFrom('0s', '1 ns', '1s', '99999999 d', '104249991 d', 'soon'),
    connect: fc.constantFrom('0', '2h', '104249991 d'),
    timeouts: fc.record({ call: fc.constantFrom('1s', '104249991d'), read: fc.constantFrom('0', '1s', '2s') }),
    pool_size: anyNumber,
    pool_ttl: fc.constantFrom('0s', '104249991 d'),
    payload_max_bytes: anyNumber,
    trust_cacerts: anyLocation,
    client_cert: anyLocation,
    client_key: anyLocation,
    client_key_password: anyLocation,
  },
  { requiredKeys: [] },
);

/** Of its findings; whatever else is thrown goes on. */
function refusedPaths(text: string): readonly string[] {
  try {
    moduleOfText(text, 'module.yaml', { onWarning: () => {} });
    return [];
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MODULE_YAML_INVALID') throw error;
    return (error.details['findings'] as readonly YamlFinding[]).map(({ path }) => path);
  }
}

test('an endpoint is taken, or refused with its place, whatever is said of it', () => {
  const anyEndpoint = fc.record({ functions: fc.constant('shop/*'), urlPathTemplate: anyUrl, transport: anyTransport });
  fc.assert(
    fc.property(fc.constantFrom('v1', 'v2'), anyEndpoint, (version, spec) => {
      const text = JSON.stringify({ kind: `io.statefun.endpoints.${version}/http`, spec });
      expect(refusedPaths(text).filter((path) => !path.startsWith('spec.'))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
