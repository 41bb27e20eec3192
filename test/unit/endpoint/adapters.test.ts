import { describe, expect, test } from 'vitest';
import { toFetch, toLambda } from '../../../src/endpoint/index.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import { caseModule, KIM, message, serve } from '../../conformance/statefun/endpoint-functions.ts';

const module = caseModule((ctx, text: string) => ctx.egress('case/out', `Hello ${text}`), {});
const batch = encodeRequest({ target: KIM, states: [], invocations: [message('there')] });
const greeting = { kind: 'effects', egresses: [{ egress: 'case/out' }] };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('toFetch', () => {
  const post = (body: Uint8Array | ReadableStream, init: object = {}): Request =>
    new Request('http://here/', { method: 'POST', body: body as ReadableStream, ...init });

  test('answers a Request with a Response', async () => {
    const response = await toFetch(serve(module).handler)(post(batch));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const body = await response.bytes();
    expect(response.headers.get('content-length')).toBe(String(body.length));
    expect(decodeResponse(body)).toMatchObject(greeting);
  });

  test('answers what makes no sense with 500', async () => {
    const served = serve(module, { limits: { requestBytesMax: 1_000 } });
    const fetched = toFetch(served.handler);
    let pulled = 0;
    const endless = new ReadableStream({
      pull(out) {
        pulled++;
        out.enqueue(new Uint8Array(100));
      },
    });
    const broken = new ReadableStream({ pull: (out) => out.error(new Error('cut')) });
    const requests = [
      new Request('http://here/'),
      post(new Uint8Array(5)),
      post(endless, { duplex: 'half' }),
      post(broken, { duplex: 'half' }),
    ];
    for (const request of requests) {
      const response = await fetched(request);
      expect([response.status, (await response.bytes()).length]).toEqual([500, 0]);
    }
    expect(pulled).toBeLessThan(20);
    expect(served.events).toHaveLength(4);
  });

  test('hands on that the caller has gone', async () => {
    const begun = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const waiting = caseModule(
      (ctx) =>
        new Promise((resolve) => {
          begun.resolve();
          ctx.signal.addEventListener('abort', () => {
            aborted.resolve();
            resolve();
          });
        }),
      {},
    );
    const caller = new AbortController();
    const answered = toFetch(serve(waiting).handler)(post(batch, { signal: caller.signal }));
    await begun.promise;
    caller.abort();
    await aborted.promise;
    expect((await answered).status).toBe(500);
  });
});

describe('toLambda', () => {
  const events: Record<string, object> = {
    'API Gateway, version 1 of its format': { resource: '/{proxy+}', httpMethod: 'POST', path: '/', headers: {} },
    'API Gateway, version 2 of its format': { version: '2.0', routeKey: '$default', rawPath: '/', requestContext: {} },
    'a function URL': { version: '2.0', rawPath: '/', requestContext: { http: { method: 'POST' } } },
  };

  test.each(Object.keys(events))('answers an event of %s', async (name) => {
    const event = { ...events[name], body: base64(batch), isBase64Encoded: true };
    const { statusCode, headers, body, isBase64Encoded } = await toLambda(serve(module).handler)(event);
    expect([statusCode, headers['content-type'], isBase64Encoded]).toEqual([200, 'application/octet-stream', true]);
    expect(decodeResponse(Buffer.from(body, 'base64'))).toMatchObject(greeting);
  });

  test('answers what makes no sense with 500', async () => {
    const served = serve(module);
    const answer = toLambda(served.handler);
    const bodies = [
      {},
      { body: null },
      { body: 'AAAA', isBase64Encoded: true },
      { body: 'text', isBase64Encoded: false },
    ];
    for (const event of bodies) expect(await answer(event)).toMatchObject({ statusCode: 500, body: '' });
    expect(served.events.map(({ text }) => text.includes('binary media type'))).toEqual([false, false, false, true]);
  });
});

test.each([undefined, null, {}, module, () => {}])('what is no handler is refused: %j', (given) => {
  for (const adapter of [toFetch, toLambda]) {
    const adapting = (): unknown => adapter(given as never);
    expect(adapting).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
    expect(adapting).toThrow(`${adapter.name}: the handler is `);
  }
});
