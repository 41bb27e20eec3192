/** Bytes that nobody who means well would send: the answer is a response or a 500, and nothing is left behind. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { value } from '../../../src/index.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import { caseModule, KIM, LOU, message, serve, stored } from '../../conformance/statefun/endpoint-functions.ts';

const module = caseModule(
  (ctx, content: unknown) => {
    ctx.state['seen'] = [ctx.state['seen'], content];
    ctx.reply(content);
  },
  { seen: value() },
);

const valid = encodeRequest({
  target: KIM,
  states: [{ name: 'seen', value: stored(new Map([[{ a: [1.5, -0] }, new Set(['ü', 10n ** 30n])]])) }],
  invocations: [message('text', LOU), message({ list: [1, null, undefined], date: new Date(0) }, LOU), message(7, LOU)],
});

test('a request of which some bytes are changed, missing or repeated', async () => {
  const { handler } = serve(module);
  expect((await handler.handleBytes(valid)).status).toBe(200);
  const change = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255), length: fc.nat(12) });
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(2), async (changes, how) => {
      let bytes = new Uint8Array(valid);
      for (const { at, byte, length } of changes) {
        const rest = bytes.subarray(at + (how === 1 ? length : 0));
        if (how === 0) bytes[Math.min(at, bytes.length - 1)] = byte;
        else
          bytes = Buffer.concat(
            [bytes.subarray(0, at), how === 2 ? bytes.subarray(at, at + length) : [], rest].map((part) =>
              Buffer.from(part),
            ),
          );
      }
      const { status, body } = await handler.handleBytes(bytes);
      statuses.add(status);
      expect(status === 200 ? decodeResponse(body).kind : `nothing of ${body.length}`).toMatch(
        /^(effects|missing|nothing of 0)$/,
      );
    }),
    { numRuns: 1_500 },
  );
  expect(statuses).toEqual(new Set([200, 500]));
  expect(({} as { a?: unknown; seen?: unknown }).seen).toBeUndefined();
});

test('any bytes at all', async () => {
  const { handler } = serve(module);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect([200, 500]).toContain((await handler.handleBytes(bytes)).status);
    }),
    { numRuns: 500 },
  );
});

test('values that promise more than they hold cost no more than their bytes', async () => {
  const { handler, events } = serve(module);
  const bombs = [
    '00ddffffffff',
    '00dfffffffff',
    '00c6ffffffff',
    '00dbffffffff',
    `00${'91'.repeat(100_000)}c0`,
    '000000',
  ];
  const startedAt = performance.now();
  for (const hex of bombs) {
    const argument = { typename: 'millrace/value', value: Buffer.from(hex, 'hex') };
    const states = [{ name: 'seen', value: undefined }];
    const request = encodeRequest({ target: KIM, states, invocations: [{ caller: LOU, argument }] });
    expect((await handler.handleBytes(request)).status).toBe(500);
  }
  expect(events.every(({ error }) => (error as { code?: string }).code === 'MESSAGE_INVALID')).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(60_000);
});

test('a program that has answered by itself loses its connection, and not its process', async () => {
  const { handler, events } = serve(module);
  const server = createServer((request, response) => {
    handler(request, response);
    response.writeHead(200).write('early');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const answer = fetch(url, { method: 'POST', body: valid.slice() }).then((response) => response.text());
  // Before or after what the program has written has left.
  await expect(answer).rejects.toThrow(/^(terminated|fetch failed)$/);
  expect(events.at(-1)?.error).toMatchObject({ code: 'ERR_HTTP_HEADERS_SENT' });
});
