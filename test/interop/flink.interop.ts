/**
 * A real Flink StateFun, with checkpoints: first with the official JavaScript SDK, to see that the cluster works as it
 * should, then with our functions at our endpoint. Both must give what our engine gives.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStatefunHandler, type EndpointEvent } from '../../src/endpoint/index.ts';
import { buildFlink, FLINK_MISSING } from './flink-cluster.ts';
import { onFlink } from './grounds.ts';
import ownModule from './own-module.ts';
import { expectedRecords, play } from './scenario.ts';
import { javascript } from './sdk-programs.ts';

const skipped = FLINK_MISSING === undefined ? '' : `, skipped: ${FLINK_MISSING}`;

describe.skipIf(FLINK_MISSING !== undefined)(`Flink StateFun 3.3${skipped}`, () => {
  let server: Server;
  const events: EndpointEvent[] = [];
  beforeAll(async () => {
    await buildFlink();
    server = createServer(createStatefunHandler({ module: ownModule, log: (event) => void events.push(event) }));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => server?.close());

  it('calls the official JavaScript SDK', async () => {
    const functions = await javascript.start();
    try {
      expect(await onFlink({ endpointUrl: functions.url }, play)).toEqual(expectedRecords());
    } finally {
      await functions.stop();
    }
  });

  it.each(['hashmap', 'rocksdb'] as const)('calls our endpoint, with state in %s', async (stateBackend) => {
    const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await onFlink({ endpointUrl, stateBackend }, play)).toEqual(expectedRecords());
    expect(events).toEqual([]);
  });
});
