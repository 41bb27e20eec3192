/** What a module.yaml says: every documented field, with its default, and every mistake with its place. */
import { describe, expect, test } from 'vitest';
import type { ModuleDescription } from '../../../src/remote/module-description.ts';
import { readModuleText } from '../../../src/remote/module-yaml.ts';
import { refusalOf } from './module-yaml-refusal.ts';

const V2 =
  'kind: io.statefun.endpoints.v2/http\nspec:\n  functions: shop/*\n  urlPathTemplate: http://shop/{function.name}\n';
const V1 = V2.replace('v2', 'v1');

function read(text: string): ModuleDescription {
  const { description, warnings } = readModuleText(text, 'module.yaml');
  expect(warnings).toEqual([]);
  return description;
}

/** The findings of a text that is refused, each as `line:column path: what`. */
function refusals(text: string): string[] | undefined {
  return refusalOf(text)?.findings.map(({ line, column, path, what }) => `${line}:${column} ${path}: ${what}`);
}

const ASYNC = {
  profile: 'async',
  callMs: 120_000,
  connectMs: 20_000,
  poolTtlMs: 15_000,
  poolSize: 1024,
  payloadBytesMax: 33_554_432,
  trustCaCerts: undefined,
  clientCert: undefined,
  clientKey: undefined,
  clientKeyPassword: undefined,
};
const OKHTTP = { profile: 'okhttp', callMs: 60_000, connectMs: 10_000, readMs: 10_000, writeMs: 10_000 };

describe('endpoints', () => {
  test('version 2 has the asynchronous transport, version 1 okhttp', () => {
    const common = { functions: 'shop/*', urlTemplate: 'http://shop/{function.name}', batchCountMax: 1_000 };
    expect(read(V2).endpoints).toEqual([{ ...common, transport: ASYNC }]);
    expect(read(V1).endpoints).toEqual([{ ...common, transport: OKHTTP }]);
  });

  test('a batch has no limit at zero and below', () => {
    const counts = ['7', '0', '-1'].map((count) => read(`${V2}  maxNumBatchRequests: ${count}\n`).endpoints[0]);
    expect(counts.map((endpoint) => endpoint?.batchCountMax)).toEqual([7, undefined, undefined]);
  });

  test('every property of the asynchronous transport', () => {
    const text = `${V2}  transport:
    type: io.statefun.transports.v1/async
    call: 5 min
    connect: 1500
    pool_ttl: 0ms
    pool_size: 12
    payload_max_bytes: 1000
    trust_cacerts: ca.pem
    client_cert: classpath:a.pem
    client_key: /keys/a.key
    client_key_password: /keys/a.password
`;
    expect(read(text).endpoints[0]?.transport).toEqual({
      profile: 'async',
      callMs: 300_000,
      connectMs: 1_500,
      poolTtlMs: 0,
      poolSize: 12,
      payloadBytesMax: 1_000,
      trustCaCerts: 'ca.pem',
      clientCert: 'classpath:a.pem',
      clientKey: '/keys/a.key',
      clientKeyPassword: '/keys/a.password',
    });
  });

  test('what an endpoint kept from okhttp wins, and has the old defaults', () => {
    const text = `${V2}  transport:\n    call: 1h\n    connect: 1h\n    timeouts:\n      call: 3s\n`;
    expect(read(text).endpoints[0]?.transport).toEqual({ ...ASYNC, callMs: 3_000, connectMs: 10_000 });
  });

  test('every timeout of okhttp, in both versions', () => {
    const timeouts = 'timeouts: {call: 2m, connect: 1s, read: 2s, write: 3s}';
    const expected = { profile: 'okhttp', callMs: 120_000, connectMs: 1_000, readMs: 2_000, writeMs: 3_000 };
    const v2 = `${V2}  transport:\n    type: io.statefun.transports.v1/okhttp\n    ${timeouts}\n`;
    expect(read(v2).endpoints[0]?.transport).toEqual(expected);
    expect(read(`${V1}  ${timeouts}\n`).endpoints[0]?.transport).toEqual(expected);
  });

  test.each([
    ['{connect: 2 min}', '5:23 spec.timeouts.connect: it is 120000 ms, which is longer than a whole call, 60000 ms'],
    ['{call: 0}', '5:20 spec.timeouts.call: it must be more than 0'],
    ['{read: soon}', '5:20 spec.timeouts.read: it must be a duration such as 10s or 2 min, not "soon"'],
    ['7', '5:13 spec.timeouts: it must be a map, not "7"'],
  ])('timeouts %s are refused', (timeouts, refusal) => {
    expect(refusals(`${V1}  timeouts: ${timeouts}\n`)).toEqual([refusal]);
  });

  test('mutual TLS needs both halves', () => {
    expect(refusals(`${V2}  transport:\n    client_key: a\n`)).toEqual([
      '6:17 spec.transport.client_key: mutual TLS needs both client_cert and client_key; client_cert is missing',
    ]);
  });

  test('a transport that is an extension is named', () => {
    const [refusal] = refusals(`${V2}  transport:\n    type: com.example/carrier-pigeon\n`) ?? [];
    expect(refusal).toContain('6:11 spec.transport.type: there is no transport "com.example/carrier-pigeon"');
  });

  test.each(['*/*', 'a*/b', 'a/b*', 'a/*b', '*/b', 'a', '/b', 'a/', 'a/b/c', '*'])(
    'functions: %s is refused',
    (name) => {
      expect(refusals(V2.replace('shop/*', `"${name}"`))).toEqual([
        `3:14 spec.functions: it must be namespace/name or namespace/*, not ${JSON.stringify(name)}`,
      ]);
    },
  );

  test.each([
    ['shop', 'it is no URL'],
    ['ftp://shop/', 'its scheme is ftp: but may be http: https: http+unix: https+unix:'],
    ['file:///etc/passwd', 'its scheme is file: but may be http: https: http+unix: https+unix:'],
    ['http+unix:///run/shop/x', 'no part of its path ends in .sock'],
  ])('the URL %s is refused', (url, what) => {
    expect(refusals(V2.replace('http://shop/{function.name}', url))).toEqual([`4:20 spec.urlPathTemplate: ${what}`]);
  });

  test.each(['https://shop:8443/a/{function.name}?b=c', 'http+unix:///run/shop.sock/{function.name}', 'http://[::1]/'])(
    'the URL %s is taken as it is',
    (url) => {
      expect(read(V2.replace('http://shop/{function.name}', url)).endpoints[0]?.urlTemplate).toBe(url);
    },
  );

  test('what a URL holds is not repeated when it is refused', () => {
    const text = V2.replace('http://shop/{function.name}', 'http//user:secret@shop');
    expect(refusals(text)?.join('')).not.toContain('secret');
  });
});

const KAFKA = `kind: io.statefun.kafka.v1/ingress
spec:
  id: shop/orders
  address: kafka:9092
  consumerGroupId: shop
  topics:
    - topic: orders
      valueType: shop/Order
      targets: [shop/cart, shop/stock]
`;

describe('Kafka', () => {
  test('an ingress with its defaults', () => {
    expect(read(KAFKA).ingresses).toEqual([
      {
        kind: 'io.statefun.kafka.v1/ingress',
        id: 'shop/orders',
        routes: [{ from: 'orders', valueType: 'shop/Order', targets: ['shop/cart', 'shop/stock'] }],
        properties: new Map([
          ['bootstrap.servers', 'kafka:9092'],
          ['group.id', 'shop'],
          ['auto.offset.reset', 'latest'],
        ]),
        startup: { from: 'latest' },
      },
    ]);
  });

  test.each([
    ['type: earliest', { from: 'earliest' }],
    ['type: LATEST', { from: 'latest' }],
    ['type: group-offsets', { from: 'group-offsets' }],
    [
      'type: specific-offsets, offsets: [{orders/0: 91}, {a/b/12: 0}]',
      {
        from: 'specific-offsets',
        offsets: [
          { topic: 'orders', partition: 0, offset: 91 },
          { topic: 'a/b', partition: 12, offset: 0 },
        ],
      },
    ],
    ['type: date, date: 2026-02-01 04:15:00.000 +0200', { from: 'date', epochMs: Date.UTC(2026, 1, 1, 2, 15) }],
    ['type: date, date: 2026-02-01 04:15:00.25 Z', { from: 'date', epochMs: Date.UTC(2026, 1, 1, 4, 15, 0, 250) }],
  ])('starts at %s', (position, startup) => {
    expect(read(`${KAFKA}  startupPosition: {${position}}\n`).ingresses[0]).toMatchObject({ startup });
  });

  test.each([
    [
      'type: yesterday',
      'type: it must be one of latest, earliest, group-offsets, specific-offsets, date, not "yesterday"',
    ],
    ['type: specific-offsets', 'offsets: it needs one offset at least'],
    [
      'type: specific-offsets, offsets: [{orders: 1}]',
      'offsets: each must be topic/partition: offset, not "orders: 1"',
    ],
    ['type: date', 'date: this field is required'],
    ['type: date, date: 2026-02-31 04:15:00.000 Z', 'date: it must be of the form'],
    ['type: date, date: 2026-02-01T04:15:00Z', 'date: it must be of the form'],
  ])('does not start at %s', (position, what) => {
    expect(refusals(`${KAFKA}  startupPosition: {${position}}\n`)?.join()).toContain(`spec.startupPosition.${what}`);
  });

  test('named fields win over properties, which are text', () => {
    const text = `${KAFKA}  autoOffsetResetPosition: Earliest
  properties:
    - group.id: other
    - auto.offset.reset: none
    - fetch.min.bytes: 0010
    - __proto__: yes
    - enable: true
`;
    const [ingress] = read(text).ingresses;
    expect(ingress).toMatchObject({
      properties: new Map([
        ['group.id', 'shop'],
        ['auto.offset.reset', 'earliest'],
        ['fetch.min.bytes', '0010'],
        ['__proto__', 'yes'],
        ['enable', 'true'],
        ['bootstrap.servers', 'kafka:9092'],
      ]),
    });
  });

  test('address and group may stand in properties, and must stand somewhere', () => {
    const bare = KAFKA.replace(/ {2}(address|consumerGroupId).*\n/g, '');
    expect(read(`${bare}  properties: [{bootstrap.servers: a}, {group.id: b}]\n`).ingresses).toHaveLength(1);
    expect(refusals(bare)).toEqual([
      '3:3 spec.address: this field is required, or bootstrap.servers in properties',
      '3:3 spec.consumerGroupId: this field is required, or group.id in properties',
    ]);
  });

  test('of a topic that stands there twice the last entry wins, and there is a warning', () => {
    const { description, warnings } = readModuleText(
      `${KAFKA}    - {topic: orders, valueType: shop/Other, targets: [shop/cart]}\n`,
      'module.yaml',
    );
    expect(description.ingresses[0]?.routes).toEqual([
      { from: 'orders', valueType: 'shop/Other', targets: ['shop/cart'] },
    ]);
    expect(warnings).toMatchObject([{ line: 10, path: 'spec.topics[1]' }]);
  });

  test('an egress with its defaults, and exactly once', () => {
    const text = 'kind: io.statefun.kafka.v1/egress\nspec:\n  id: shop/receipts\n  address: kafka:9092\n';
    const plain = {
      kind: 'io.statefun.kafka.v1/egress',
      id: 'shop/receipts',
      properties: new Map([['bootstrap.servers', 'kafka:9092']]),
      delivery: 'at-least-once',
      transactionTimeoutMs: undefined,
    };
    expect(read(text).egresses).toEqual([plain]);
    expect(read(`${text}  deliverySemantic: {type: none}\n`).egresses).toEqual([{ ...plain, delivery: 'none' }]);
    const properties = new Map([...plain.properties, ['transaction.timeout.ms', '900000']]);
    for (const timeout of ['transactionTimeout: 15 min', 'transactionTimeoutMillis: 900000, transactionTimeout: 1s']) {
      expect(read(`${text}  deliverySemantic: {type: exactly-once, ${timeout}}\n`).egresses).toEqual([
        { ...plain, properties, delivery: 'exactly-once', transactionTimeoutMs: 900_000 },
      ]);
    }
    expect(refusals(`${text}  deliverySemantic: {type: exactly-once}\n`)).toEqual([
      '5:21 spec.deliverySemantic.transactionTimeout: this field is required',
    ]);
    expect(refusals(`${text}  deliverySemantic: {type: exactly-once, transactionTimeout: 0}\n`)).toEqual([
      '5:62 spec.deliverySemantic.transactionTimeout: it must be more than 0',
    ]);
  });
});

const KINESIS = `kind: io.statefun.kinesis.v1/ingress
spec:
  id: shop/clicks
  streams:
    - stream: clicks
      valueType: shop/Click
      targets: [shop/session]
`;

describe('Kinesis', () => {
  const plain = {
    id: 'shop/clicks',
    region: { type: 'default' },
    credentials: { type: 'default' },
    clientProperties: new Map(),
  };

  test('an ingress with its defaults', () => {
    const routes = [{ from: 'clicks', valueType: 'shop/Click', targets: ['shop/session'] }];
    expect(read(KINESIS).ingresses).toEqual([
      { kind: 'io.statefun.kinesis.v1/ingress', ...plain, routes, startup: { from: 'latest' } },
    ]);
  });

  test.each([
    ['awsRegion: {type: specific, id: eu-west-1}', { region: { type: 'specific', id: 'eu-west-1' } }],
    [
      'awsRegion: {type: custom-endpoint, endpoint: "https://localhost:4567", id: us-east-1}',
      { region: { type: 'custom-endpoint', endpoint: 'https://localhost:4567', id: 'us-east-1' } },
    ],
    [
      'awsCredentials: {type: basic, accessKeyId: a, secretAccessKey: b}',
      { credentials: { type: 'basic', accessKeyId: 'a', secretAccessKey: 'b' } },
    ],
    [
      'awsCredentials: {type: profile, profileName: a, profilePath: /b}',
      { credentials: { type: 'profile', profileName: 'a', profilePath: '/b' } },
    ],
    ['startupPosition: {type: earliest}', { startup: { from: 'earliest' } }],
    [
      'startupPosition: {type: date, date: 1970-01-01 00:00:01.000 +0000}',
      { startup: { from: 'date', epochMs: 1_000 } },
    ],
    [
      'clientConfigProperties: [{SocketTimeout: 9999}, {flink.stream.recordpublisher: EFO}, {aws.region: x}]',
      {
        clientProperties: new Map([
          ['aws.clientconfig.socketTimeout', '9999'],
          ['flink.stream.recordpublisher', 'EFO'],
          ['aws.region', 'x'],
        ]),
      },
    ],
  ])('an ingress with %s', (field, expected) => {
    expect(read(`${KINESIS}  ${field}\n`).ingresses[0]).toMatchObject(expected);
  });

  test('an egress', () => {
    const text = 'kind: io.statefun.kinesis.v1/egress\nspec:\n  id: shop/clicks\n';
    const egress = { kind: 'io.statefun.kinesis.v1/egress', ...plain, outstandingCountMax: 1_000 };
    expect(read(text).egresses).toEqual([egress]);
    expect(read(`${text}  maxOutstandingRecords: 7\n`).egresses).toEqual([{ ...egress, outstandingCountMax: 7 }]);
    expect(refusals(`${text}  maxOutstandingRecords: 0\n`)).toEqual([
      '4:26 spec.maxOutstandingRecords: it must be a whole number from 1, not "0"',
    ]);
  });

  test('an endpoint of one own must be https', () => {
    const region = 'awsRegion: {type: custom-endpoint, endpoint: "http://localhost", id: x}';
    expect(refusals(`${KINESIS}  ${region}\n`)).toEqual(['8:48 spec.awsRegion.endpoint: it must be an https URL']);
  });
});

describe('the file', () => {
  test('has any number of documents, null ones among them', () => {
    const { endpoints, ingresses } = read(`---\n${V2}---\n---\n# nothing\n---\n${KAFKA}---\n`);
    expect([endpoints.length, ingresses.length]).toEqual([1, 1]);
    expect(read('')).toEqual({ endpoints: [], ingresses: [], egresses: [] });
  });

  test('may begin with a byte order mark', () => {
    expect(read(`\uFEFF${V2}`).endpoints).toHaveLength(1);
  });

  test('unknown fields are warnings, with their place', () => {
    const text = `${V2}  transport:\n    pool_sise: 4\n  timeouts:\n    call: 1s\nmeta: {}\n`;
    const { warnings } = readModuleText(text, 'module.yaml');
    expect(warnings.map(({ document, path, line, column }) => ({ document, path, line, column }))).toEqual([
      { document: 1, path: 'spec.transport.pool_sise', line: 6, column: 5 },
      { document: 1, path: 'spec.timeouts', line: 7, column: 3 },
      { document: 1, path: 'meta', line: 9, column: 1 },
    ]);
    expect(warnings[0]?.what).toContain('known are type, call, connect, timeouts, pool_ttl, pool_size');
  });

  test('a kind that nobody knows is named', () => {
    const [refusal] = refusals(`---\n${V2}---\nkind: com.example.v1/ingress\nspec: {}\n`) ?? [];
    expect(refusal).toContain('7:7 kind: there is no kind "com.example.v1/ingress"; there are io.statefun.endpoints');
  });

  test('all mistakes come at once, in their order', () => {
    const text = `---\n${V2.replace('shop/*', '7')}  maxNumBatchRequests: many\n---\nspec: {}\n---\n${KAFKA}---\n- a\n`;
    expect(refusals(text)).toEqual([
      '4:14 spec.functions: it must be namespace/name or namespace/*, not "7"',
      '6:24 spec.maxNumBatchRequests: it must be a whole number, not "many"',
      '8:1 kind: this field is required',
      '20:1 : a document must be a map with kind and spec',
    ]);
  });

  test('of very many mistakes the first are told, and the others counted', () => {
    const text = Array.from({ length: 50 }, () => '---\n{}\n').join('');
    const refusal = refusalOf(text);
    expect(refusal?.message.split('\n')).toHaveLength(22);
    expect(refusal?.message).toContain('and 80 more.');
    expect(refusal?.findings).toHaveLength(100);
  });

  test.each([
    ['functions', V2, V2.replace('v2', 'v1'), 'functions "shop/*" is bound already, in document 1, line 4'],
    [
      'ingress',
      KAFKA,
      KINESIS.replace('clicks', 'orders'),
      'ingress "shop/orders" is bound already, in document 1, line 4',
    ],
  ])('a name of %s is given once', (_, first, second, what) => {
    expect(refusals(`---\n${first}---\n${second}`)?.join()).toContain(what);
  });

  test('an ingress and an egress may have the same name', () => {
    const egress = 'kind: io.statefun.kafka.v1/egress\nspec: {id: shop/orders, address: a}\n';
    expect(read(`---\n${KAFKA}---\n${egress}`).egresses).toHaveLength(1);
  });
});

const LEGACY = `version: "3.0"
module:
  meta: {type: remote}
  spec:
    endpoints:
      - endpoint:
          meta: {kind: http}
          spec: {functions: shop/*, urlPathTemplate: "http://shop/{function.name}", timeouts: {call: 2s, connect: 1s, read: 1s, write: 1s}}
    ingresses:
      - ingress:
          meta: {type: io.statefun.kafka/ingress, id: shop/orders}
          spec: {address: a, consumerGroupId: b, topics: [{topic: t, valueType: shop/T, targets: [shop/cart]}]}
      - ingress:
          meta: {type: io.statefun.kinesis/ingress, id: shop/clicks}
          spec: {streams: [{stream: s, valueType: shop/T, targets: [shop/cart]}]}
    egresses:
      - egress:
          meta: {type: io.statefun.kafka/egress, id: shop/receipts}
          spec: {address: a}
      - egress:
          meta: {type: io.statefun.kinesis/egress, id: shop/log}
          spec: {}
`;

describe('the form of version 3.0', () => {
  test('becomes what it would be today', () => {
    const { endpoints, ingresses, egresses } = read(LEGACY);
    expect(endpoints).toMatchObject([{ functions: 'shop/*', transport: { profile: 'okhttp', callMs: 2_000 } }]);
    expect(ingresses.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'shop/orders io.statefun.kafka.v1/ingress',
      'shop/clicks io.statefun.kinesis.v1/ingress',
    ]);
    expect(egresses.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'shop/receipts io.statefun.kafka.v1/egress',
      'shop/log io.statefun.kinesis.v1/egress',
    ]);
    expect(read(LEGACY.replace('"3.0"', '3.0')).endpoints).toEqual(endpoints);
  });

  test.each(['1.0', '2.0', '3.1', '3', '"4"'])('of version %s it is refused', (version) => {
    expect(refusals(LEGACY.replace('"3.0"', version))?.[0]).toContain('1:10 version: the version must be "3.0", not');
  });

  test('is refused with the place of its mistakes', () => {
    const text = LEGACY.replace('kind: http', 'kind: ftp').replace('type: remote', 'type: embedded');
    expect(refusals(text)).toEqual([
      '3:16 module.meta.type: it must be remote, not "embedded"',
      '7:24 module.spec.endpoints[0].endpoint.meta.kind: there is no endpoint "ftp"; there are http',
    ]);
  });

  test('is none beside other documents', () => {
    const found = refusals(`${LEGACY}---\n${V2}`);
    expect(found).toEqual(['1:1 kind: this field is required', '1:1 spec: this field is required']);
  });
});
