/** An engine that is started with a StateFun module.yaml, and StateFun's official SDK behind it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defineIngress, type IngressSource, ndjsonSource } from '../../src/index.ts';
import { pinModule } from '../../src/engine/yaml-module-url.ts';
import { loadModule } from '../../src/engine/load-module.ts';
import { answerOf } from './processes/counters.ts';
import { startRemote } from './processes/process-stage.ts';
import { openEngine, until } from './puppet-engine.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-module-yaml-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

const yamlOf = (url: string): string => `kind: io.statefun.endpoints.v2/http
spec:
  functions: remote/*
  urlPathTemplate: ${url}
---
kind: io.statefun.kafka.v1/ingress
spec:
  id: shop/commands
  address: kafka:9092
  consumerGroupId: shop
  topics:
    - topic: commands
      valueType: io.statefun.types/string
      targets: [remote/counter]
---
kind: io.statefun.kafka.v1/egress
spec:
  id: shop/receipts
  address: kafka:9092
`;

/** A StringWrapper, as a topic of strings must hold it. */
const wrapped = (text: string): Uint8Array => Uint8Array.from([10, text.length, ...Buffer.from(text)]);

const source = (records: readonly unknown[]): IngressSource<never> => ({
  replayable: false,
  async *read() {
    yield { records: records as never[], position: undefined };
  },
});

test('from a record of a topic to a record of a topic', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'module.yaml'), yamlOf(await startRemote()));
  const records = [
    { topic: 'commands', key: 'Kim', value: wrapped('add 2') },
    { topic: 'commands', value: wrapped('add 2') },
    { topic: 'commands', key: 'Kim', value: wrapped('add 3') },
    { topic: 'commands', key: 'Kim', value: wrapped('emit bills 7') },
  ];
  const ingresses = [defineIngress({ type: 'shop/commands', source: source(records) })];
  const module = relative(process.cwd(), join(folder, 'module.yaml'));
  const { engine, errors } = await openEngine({ module, ingresses });
  const { value } = await engine.egress('shop/receipts').next();
  expect(value).toEqual({ topic: 'bills', key: 'Kim', value: new Uint8Array(Buffer.from('7')) });
  expect(await answerOf(engine, 'remote/counter', 'Kim', 'get')).toBe('5');
  expect(errors.map(({ code }) => code)).toEqual(['ROUTER_FAILED']);
  expect(errors[0]?.message).toContain('has no key, which is its id');
});

test('#38 a Kafka egress takes Kafka records; of a response with anything else nothing happens', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'module.yaml'), yamlOf(await startRemote()));
  const ingresses = [
    defineIngress({ type: 'shop/commands', source: ndjsonSource<never>({ path: writeEmpty(folder) }) }),
  ];
  const { engine, errors } = await openEngine({ module: join(folder, 'module.yaml'), ingresses });
  await engine.send('remote/counter', 'Kim', 'misplace');
  await until(() => errors.length > 0);
  expect(errors[0]?.code).toBe('INVOCATION_FAILED');
  expect(errors[0]?.message).toContain('type.googleapis.com/io.statefun.sdk.egress.KafkaProducerRecord');
  await engine.send('remote/counter', 'Kim', 'emit bills 8');
  const { value } = await engine.egress('shop/receipts').next();
  expect(value).toMatchObject({ topic: 'bills', key: 'Kim' });
});

function writeEmpty(folder: string): string {
  const path = join(folder, 'input.ndjson');
  writeFileSync(path, '');
  return path;
}

test('an ingress that nobody serves is told by its name', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'module.yaml'), yamlOf('http://localhost:1/'));
  await expect(openEngine({ module: join(folder, 'module.yaml') })).rejects.toMatchObject({
    code: 'UNSERVED_INGRESS',
    message: expect.stringMatching(/"shop\/commands" of kind io\.statefun\.kafka\.v1\/ingress/) as unknown,
  });
});

test('an ingress with a target that the module does not have is told by both names', async () => {
  const folder = scratch();
  const module = join(folder, 'module.yaml');
  writeFileSync(module, yamlOf('http://localhost:1/').replace('[remote/counter]', '[remote/counter, elsewhere/audit]'));
  const ingresses = [
    defineIngress({ type: 'shop/commands', source: ndjsonSource<never>({ path: writeEmpty(folder) }) }),
  ];
  await expect(openEngine({ module, ingresses })).rejects.toMatchObject({
    code: 'MODULE_YAML_INVALID',
    message: expect.stringMatching(/"shop\/commands" sends records to "elsewhere\/audit"/) as unknown,
    details: { ingress: 'shop/commands', target: 'elsewhere/audit' },
  });
});

test('all threads see the bytes that the first has seen', async () => {
  const path = join(scratch(), 'module.yaml');
  writeFileSync(path, yamlOf('http://localhost:1/'));
  const url = await pinModule(`file://${path}`);
  writeFileSync(path, 'kind: changed');
  const module = await loadModule(url);
  expect(module.functions.map(({ type }) => type)).toEqual(['remote/*']);
  await expect(loadModule(`file://${path}`)).rejects.toMatchObject({ code: 'MODULE_YAML_INVALID' });
});

test.each(['nowhere.yaml', '.'])('a file that cannot be read, %s, is refused', async (name) => {
  const path = name === '.' ? scratch() : join(scratch(), name);
  const module = name === '.' ? `${path}/.yaml` : path;
  await expect(openEngine({ module })).rejects.toMatchObject({ code: 'MODULE_YAML_INVALID' });
});

test.each(['latin1', 'utf16le'] as const)(
  'a file in %s is refused, instead of being read with other names',
  async (encoding) => {
    const module = join(scratch(), 'module.yaml');
    writeFileSync(module, yamlOf('http://localhost:1/').replaceAll('shop', 'caf\u00e9'), encoding);
    await expect(openEngine({ module })).rejects.toThrow('module.yaml is not UTF-8');
  },
);

test('#42 an exact endpoint beats that of its namespace; a name is bound once', async () => {
  const folder = scratch();
  const endpoint = (functions: string, url: string): string =>
    `kind: io.statefun.endpoints.v2/http\nspec: {functions: ${functions}, urlPathTemplate: "${url}"}\n---\n`;
  const exact = endpoint('remote/counter', await startRemote());
  const module = join(folder, 'module.yaml');
  writeFileSync(module, `${endpoint('remote/*', 'http://localhost:1/')}${exact}`);
  const { engine } = await openEngine({ module });
  expect(await answerOf(engine, 'remote/counter', 'Kim', 'get')).toBe('0');
  writeFileSync(module, `${exact}${exact}`);
  await expect(openEngine({ module })).rejects.toMatchObject({
    code: 'MODULE_YAML_INVALID',
    message: expect.stringContaining('functions "remote/counter" is bound already, in document 1, line 2') as unknown,
  });
});
