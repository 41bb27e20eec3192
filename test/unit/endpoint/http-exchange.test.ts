/** How a request is read: at once where it is all there, and event by event where it is not, or others listen, too. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { value } from '../../../src/index.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import { caseModule, KIM, message, read, type Served, serve } from '../../conformance/statefun/endpoint-functions.ts';

const greeting = caseModule((ctx, text: string) => ctx.egress('case/out', `Hello ${text}`), {});
const batchOf = (text: string): Uint8Array => encodeRequest({ target: KIM, states: [], invocations: [message(text)] });
const headOf = (body: Uint8Array): string => `POST / HTTP/1.1\r\nhost: here\r\ncontent-length: ${body.length}\r\n\r\n`;

const chunked = (body: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);

async function listen(listener: RequestListener): Promise<Socket> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.close().closeAllConnections());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** What so many responses say, or their status where they say nothing. */
async function answers(socket: Socket, count: number): Promise<unknown[]> {
  let bytes = Buffer.alloc(0);
  const found: unknown[] = [];
  while (found.length < count) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
    for (let end = endOf(bytes); end <= bytes.length; end = endOf(bytes)) {
      found.push(said(bytes.subarray(0, end)));
      bytes = bytes.subarray(end);
    }
  }
  return found;
}

/** Where the first response ends; beyond all bytes if it has not come as a whole. */
function endOf(bytes: Buffer): number {
  const head = bytes.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, Math.max(head, 0)));
  return length === null ? Number.POSITIVE_INFINITY : head + 4 + Number(length[1]);
}

function said(response: Buffer): unknown {
  const status = Number(response.toString('latin1', 9, 12));
  const effects = decodeResponse(response.subarray(response.indexOf('\r\n\r\n') + 4));
  if (status !== 200 || effects.kind !== 'effects') return status;
  return effects.egresses.map(({ argument }) => read(argument)).join();
}

test('requests that come in one packet are answered in their order', async () => {
  const socket = await listen(serve(greeting).handler);
  const parts = ['Kim', 'Lou', 'Sam'].map((name) => Buffer.concat([Buffer.from(headOf(batchOf(name))), batchOf(name)]));
  socket.write(Buffer.concat(parts));
  expect(await answers(socket, 3)).toEqual(['Hello Kim', 'Hello Lou', 'Hello Sam']);
});

test('requests that are read in one turn are handled when all of them are read', async () => {
  const seen: string[] = [];
  const { handler } = serve(caseModule((_, text: string) => void seen.push(text), {}));
  const socket = await listen((request, response) => {
    seen.push('request');
    handler(request, response);
  });
  const parts = ['Kim', 'Lou'].map((name) => Buffer.concat([Buffer.from(headOf(batchOf(name))), batchOf(name)]));
  socket.write(Buffer.concat(parts));
  await answers(socket, 2);
  expect(seen).toEqual(['request', 'request', 'Kim', 'Lou']);
});

test.each([
  ['with its length', 0, (body: Uint8Array) => Buffer.concat([Buffer.from(headOf(body)), body])],
  ['in chunks', 1, chunked],
])(
  'of a request that is there as a whole, %s, the body is read with %i listeners for its pieces',
  async (_, count, of) => {
    const counts: number[] = [];
    let request: IncomingMessage | undefined;
    const { handler } = serve(caseModule(() => void counts.push(request?.listenerCount('data') ?? -1), {}));
    const socket = await listen((incoming, response) => {
      request = incoming;
      handler(incoming, response);
    });
    const body = batchOf('Kim');
    for (let round = 0; round < 2; round++) {
      socket.write(of(body));
      expect(await answers(socket, 1)).toEqual(['']);
    }
    expect(counts).toEqual([count, count]);
  },
);

test('a request that says it is longer than what has come waits for the rest', async () => {
  const socket = await listen(serve(greeting).handler);
  const body = batchOf('Kim');
  const cut = body.length - 1;
  socket.write(Buffer.concat([Buffer.from(headOf(body)), body.subarray(0, cut)]));
  const answer = answers(socket, 2);
  socket.write(Buffer.concat([body.subarray(cut), Buffer.from(headOf(batchOf('Lou'))), batchOf('Lou')]));
  expect(await answer).toEqual(['Hello Kim', 'Hello Lou']);
});

test('a request whose body comes later, in two pieces, is answered', async () => {
  const { handler } = serve(greeting);
  const heads = Promise.withResolvers<IncomingMessage>();
  const socket = await listen((request, response) => {
    handler(request, response);
    heads.resolve(request);
  });
  const body = batchOf('Kim');
  socket.write(headOf(body));
  const request = await heads.promise;
  const first = once(request, 'data');
  socket.write(body.subarray(0, 9));
  await first;
  socket.write(body.subarray(9));
  expect(await answers(socket, 1)).toEqual(['Hello Kim']);
});

test.each(['before', 'after'])('a body has its other listeners that come %s the handler', async (when) => {
  const { handler } = serve(greeting);
  const seen: string[] = [];
  const socket = await listen((request, response) => {
    const listenTo = (): void => {
      request.on('data', (chunk: Buffer) => seen.push(`${chunk.length} bytes`));
      request.on('end', () => seen.push('end'));
      request.on('close', () => seen.push('close'));
    };
    if (when === 'before') listenTo();
    handler(request, response);
    if (when === 'after') listenTo();
  });
  const body = batchOf('Kim');
  for (let round = 0; round < 2; round++) {
    socket.write(headOf(body));
    socket.write(body);
    expect(await answers(socket, 1)).toEqual(['Hello Kim']);
  }
  expect(seen.filter((what) => what === `${body.length} bytes`)).toHaveLength(2);
  expect(seen.filter((what) => what === 'end').length).toBeGreaterThan(0);
});

test('a request that nobody else listens to ends and closes all the same', async () => {
  const { handler } = serve(greeting);
  const closed = Promise.withResolvers<boolean>();
  const socket = await listen((request, response) => {
    request.on('close', () => closed.resolve(request.readableEnded));
    handler(request, response);
  });
  const body = batchOf('Kim');
  socket.write(Buffer.concat([Buffer.from(headOf(body)), body]));
  expect(await answers(socket, 1)).toEqual(['Hello Kim']);
  expect(await closed.promise).toBe(true);
});

test('a request that somebody has read before is refused, and no connection waits for ever', async () => {
  const { handler, events } = serve(greeting);
  const socket = await listen((request, response) => {
    request.on('end', () => handler(request, response));
    request.resume();
  });
  const body = batchOf('Kim');
  socket.write(Buffer.concat([Buffer.from(headOf(body)), body]));
  expect(await answers(socket, 1)).toEqual([500]);
  expect(events).toMatchObject([{ level: 'warning' }]);
});

test('a request without a body is answered with a 500', async () => {
  const socket = await listen(serve(greeting).handler);
  socket.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
  expect(await answers(socket, 1)).toEqual([500]);
});

/** Batches of one function, one after the other. */
async function counted(on: Served, ...texts: string[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const text of texts) {
    const response = await on.ask(KIM, [{ name: 'seen', value: undefined }], message(text));
    const isDone = typeof response === 'object' && response.kind === 'effects';
    results.push(isDone ? [response.mutations.length, response.egresses.length] : response);
  }
  return results;
}

test('nothing of a batch is left over for the next, however it ended', async () => {
  const on = serve(
    caseModule(
      (ctx, text) => {
        if (text !== 'nothing') {
          ctx.state['seen'] = text;
          ctx.egress('case/out', text);
        }
        if (text === 'throw') throw new Error('no');
        if (text === 'wait') return Promise.resolve();
        return undefined;
      },
      { seen: value() },
    ),
  );
  const texts = ['both', 'nothing', 'throw', 'nothing', 'wait', 'nothing', 'both'];
  expect(await counted(on, ...texts)).toEqual([[1, 1], [0, 0], 500, [0, 0], [1, 1], [0, 0], [1, 1]]);
  expect(await on.ask(KIM, [], message('both'))).toMatchObject({ kind: 'missing' });
  expect(await counted(on, 'nothing')).toEqual([[0, 0]]);
});

test('a function may have a batch of its own type handled meanwhile', async () => {
  const inner: Promise<unknown>[] = [];
  const on = serve(
    caseModule(
      (ctx, text) => {
        ctx.state['seen'] = text;
        if (text === 'outer') inner.push(counted(on, 'inner'));
        expect(ctx.state['seen']).toBe(text);
        ctx.egress('case/out', text);
      },
      { seen: value() },
    ),
  );
  expect(await counted(on, 'outer')).toEqual([[1, 1]]);
  expect(await Promise.all(inner)).toEqual([[[1, 1]]]);
});

test('a context that is kept acts for nobody after its invocation', async () => {
  const kept: { readonly state: Record<string, unknown>; send(type: string, id: string, message: unknown): void }[] =
    [];
  const views: Record<string, unknown>[] = [];
  const on = serve(
    caseModule(
      (ctx) => {
        kept.push(ctx as never);
        views.push(ctx.state);
        ctx.state['seen'] = 1;
      },
      { seen: value() },
    ),
  );
  await counted(on, 'one', 'two');
  expect(kept[0]).not.toBe(kept[1]);
  const expired = expect.objectContaining({ code: 'CONTEXT_EXPIRED' }) as Error;
  for (const ctx of kept) {
    expect(() => ctx.send('case/fn', 'Lou', 1)).toThrow(expired);
    expect(() => ctx.state['seen']).toThrow(expired);
  }
  for (const view of views) expect(() => (view['seen'] = 2)).toThrow(expired);
  expect(kept).toHaveLength(2);
});
