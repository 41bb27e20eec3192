import { expect, test } from 'vitest';
import { systemTimers } from '../../../src/base/timers.ts';
import { fillEndpoint } from '../../../src/remote/endpoint-options.ts';
import { type Exchange, HttpConnection } from '../../../src/remote/http-connection.ts';
import { connectedEvent, socketOpener } from '../../../src/remote/open-socket.ts';
import { HeadCache } from '../../../src/remote/response-reader.ts';
import { response } from './raw-response.ts';
import { rawServer } from './raw-server.ts';

const REQUEST = Buffer.from('POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n');

/** A connection to a server, which says what becomes of it. */
function connected(port: number): { readonly connection: HttpConnection; readonly told: string[] } {
  const filled = fillEndpoint({ url: `http://127.0.0.1:${port}/` });
  const target = filled.url.targetOf('x');
  const told: string[] = [];
  const ground = {
    open: socketOpener(target, filled),
    connectedEvent: connectedEvent(target),
    isSecure: false,
    connectMs: filled.connectMs,
    timers: systemTimers,
    heads: new HeadCache(),
    freed: () => void told.push('freed'),
    closed: () => void told.push('closed'),
  };
  return { connection: new HttpConnection(ground, 0), told };
}

/** Sends a request, and resolves with the body of the response. `atPiece` is called with each piece. */
function bodyOf(connection: HttpConnection, atPiece: () => void = () => undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: string[] = [];
    const exchange: Exchange = {
      carriedBy: () => undefined,
      sent: () => undefined,
      taken: () => undefined,
      headCame: () => true,
      pieceCame: (piece) => {
        pieces.push(Buffer.from(piece).toString());
        atPiece();
        return true;
      },
      piecesPause: () => undefined,
      ended: () => resolve(pieces.join('')),
      failed: reject,
    };
    connection.send(REQUEST, exchange);
  });
}

test('a connection that rests with the last piece reads the next response', async () => {
  const server = await rawServer(({ number }, socket) => void socket.write(response(`number ${number}`)));
  const { connection, told } = connected(server.port);
  expect(await bodyOf(connection, () => connection.pause())).toBe('number 0');
  expect(await bodyOf(connection)).toBe('number 1');
  expect(server.connectionCount).toBe(1);
  expect(told).toEqual(['freed', 'freed']);
  connection.close();
  expect(told).toEqual(['freed', 'freed', 'closed']);
});

test('a connection that rests in the middle goes on when it is told to', async () => {
  const body = 'x'.repeat(1_000_000);
  const server = await rawServer((_request, socket) => void socket.write(response(body)));
  const { connection } = connected(server.port);
  let restCount = 0;
  const rest = (): void => {
    restCount++;
    connection.pause();
    setImmediate(() => connection.resume());
  };
  expect(await bodyOf(connection, rest)).toBe(body);
  expect(restCount).toBeGreaterThan(10);
  connection.close();
});

test('a connection on which something comes that nobody has asked for is closed', async () => {
  const server = await rawServer((_request, socket) => void socket.write(`${response('fine').toString()}more`));
  const { connection, told } = connected(server.port);
  expect(await bodyOf(connection)).toBe('fine');
  expect(told).toEqual(['closed']);
  expect(connection.isClosed).toBe(true);
});
