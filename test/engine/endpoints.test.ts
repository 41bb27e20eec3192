/**
 * Remote functions over HTTP on a whole engine: real threads, real connections, and a server in this process that counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import type { Engine } from '../../src/index.ts';
import type { TypedValue } from '../../src/statefun/typed-value.ts';
import { decodeRequest, encodeResponse } from '../../src/statefun/protocol-codec.ts';
import { declared, program, textOf } from '../conformance/statefun/scripted-endpoint.ts';
import { openEngine, until } from './puppet-engine.ts';

const MODULE = new URL('./endpoints-module.ts', import.meta.url);

/** Counts the messages of each address in its state, and says each number once. */
const counting = program([declared('seen')], (view, { argument }) => {
  const seen = Number(view.get('seen') ?? '0') + 1;
  view.set('seen', String(seen));
  view.egress('test/results', `${view.self.id} ${seen} ${Buffer.from(argument.value ?? '').toString()}`);
});

/** Serves `counting`; what `disturb` takes is not answered. */
function countingServer(disturb: (end: (status: number) => void, cut: () => void) => boolean = () => false): Server {
  const server = createServer((request, response) => {
    const end = (status: number): void => void response.writeHead(status).end();
    const serve = async (): Promise<void> => {
      const body = encodeResponse(counting(decodeRequest(await buffer(request))));
      if (disturb(end, () => request.socket.destroy())) return;
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length }).end(body);
    };
    void serve();
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-endpoints-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  process.env['ENDPOINTS_FOLDER'] = folder;
  return folder;
}

async function listening(server: Server, place: number | string): Promise<Server> {
  await new Promise<void>((resolve) => {
    server.listen(place, resolve);
  });
  return server;
}

/** All records so far, as texts. */
function resultsOf(engine: Engine): string[] {
  const results: string[] = [];
  engine.egress('test/results', (record) => void results.push(String(textOf(record as TypedValue))));
  return results;
}

test('messages are counted once and in order, whatever becomes of the responses', async () => {
  const random = new Prng(5);
  const server = await listening(
    countingServer((end, cut) => {
      const fate = random.below(10);
      if (fate === 0) end(random.pick([500, 503, 404]));
      if (fate === 1) cut();
      return fate < 2;
    }),
    0,
  );
  process.env['ENDPOINTS_PORT'] = String((server.address() as AddressInfo).port);
  scratch();
  const { engine, errors } = await openEngine({ module: MODULE });
  const results = resultsOf(engine);
  const ids = Array.from({ length: 20 }, (_, index) => `id-${index}`);
  for (let number = 1; number <= 25; number++) {
    await Promise.all(
      ids.map((id) => engine.send('served/counter', id, { typename: 'test/bytes', value: Buffer.from(`m${number}`) })),
    );
  }
  await until(() => results.length >= 500);
  await engine.drained();
  for (const id of ids) {
    const own = results.filter((result) => result.startsWith(`${id} `));
    expect(own).toEqual(Array.from({ length: 25 }, (_, index) => `${id} ${index + 1} m${index + 1}`));
  }
  expect(errors).toEqual([]);
  const reports = (await engine.endpoints()).filter(({ name }) => name.startsWith('http://'));
  expect(reports.map(({ shard }) => shard)).toEqual([0, 1]);
  for (const report of reports) {
    expect(report).toMatchObject({ state: 'closed', reason: null, underWayCount: 0, waitingCount: 0, failureCount: 0 });
    expect(report.attemptCount).toBeGreaterThan(10);
    expect(report.p50Ms).toBeGreaterThan(0);
  }
});

test('with as many calls under way as may be, their responses gather, and others of the shards go on', async () => {
  const server = await listening(countingServer(), 0);
  process.env['ENDPOINTS_PORT'] = String((server.address() as AddressInfo).port);
  scratch();
  const { engine, errors } = await openEngine({ module: MODULE });
  const results = resultsOf(engine);
  const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`);
  for (let number = 1; number <= 10; number++) {
    const message = { typename: 'test/bytes', value: Buffer.from(`m${number}`) };
    const sent = ids.map((id) => engine.send('served/counter', id, message));
    expect(await Promise.all(ids.slice(0, 20).map((id) => engine.ask('test/own', id, number)))).toEqual(
      Array.from({ length: 20 }, () => number + 1),
    );
    await Promise.all(sent);
  }
  await until(() => results.length >= 2_000);
  await engine.drained();
  for (const id of ids) {
    const own = results.filter((result) => result.startsWith(`${id} `));
    expect(own).toEqual(Array.from({ length: 10 }, (_, index) => `${id} ${index + 1} m${index + 1}`));
  }
  expect(errors).toEqual([]);
});

test('an endpoint that is dead holds up only its own functions, is seen to be, and gets all when it lives again', async () => {
  const folder = scratch();
  const { engine, errors } = await openEngine({ module: MODULE });
  const results = resultsOf(engine);
  const ids = Array.from({ length: 60 }, (_, index) => `id-${index}`);
  for (const id of ids) await engine.send('dead/function', id, { typename: 'test/bytes', value: Buffer.from('m') });
  await until(() => errors.length >= 2);
  for (let number = 0; number < 200; number++)
    expect(await engine.ask('test/own', `id-${number}`, number)).toBe(number + 1);
  expect(errors.map(({ code }) => code)).toEqual(['ENDPOINT_UNREACHABLE', 'ENDPOINT_UNREACHABLE']);
  const dead = (await engine.endpoints()).filter(({ origin }) => origin === `unix:${folder}/dead.sock`);
  expect(dead.map(({ shard }) => shard)).toEqual([0, 1]);
  for (const report of dead) {
    expect(['open', 'probing']).toContain(report.state);
    expect(report.reason).toContain('ENOENT');
    expect(report.waitingCount + (report.underWayCount ?? 0)).toBeGreaterThan(0);
    expect(report.waitingCount).toBeLessThanOrEqual(16);
  }
  expect(results).toEqual([]);
  await listening(countingServer(), join(folder, 'dead.sock'));
  await until(() => results.length >= ids.length);
  await engine.drained();
  expect(results.toSorted()).toEqual(ids.map((id) => `${id} 1 m`).toSorted());
  expect(errors).toHaveLength(2);
  const alive = (await engine.endpoints()).filter(({ origin }) => origin === `unix:${folder}/dead.sock`);
  expect(alive.map(({ state, reason }) => [state, reason])).toEqual([
    ['closed', null],
    ['closed', null],
  ]);
});

test('a stop does not wait for an endpoint that is dead, which gets all after the next start', async () => {
  const folder = scratch();
  const directory = join(folder, 'data');
  const first = await openEngine({ module: MODULE, directory });
  const ids = Array.from({ length: 60 }, (_, index) => `id-${index}`);
  for (const id of ids) {
    await first.engine.send('dead/function', id, { typename: 'test/bytes', value: Buffer.from('m') });
  }
  await until(() => first.errors.length >= 2);
  expect(await first.engine.ask('test/own', 'id', 1)).toBe(2);
  await first.engine.stop();
  await listening(countingServer(), join(folder, 'dead.sock'));
  const { engine, errors } = await openEngine({ module: MODULE, directory });
  const results = resultsOf(engine);
  await until(() => results.length >= ids.length);
  await engine.drained();
  await engine.stop();
  expect(results.toSorted()).toEqual(ids.map((id) => `${id} 1 m`).toSorted());
  expect(errors).toEqual([]);
});
