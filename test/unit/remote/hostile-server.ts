/**
 * A server in a process of its own, so that its memory and its work are not those of the test: it answers with what an
 * endpoint should not. Which of the ways below, the path says. Its port is its first message.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { EMPTY_200, response } from './raw-response.ts';

const OK_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n';
const BOMB = gzipSync(Buffer.alloc(40_000_000));
const NESTED = gzipSync(BOMB);
const DEFLATED = deflateSync(Buffer.alloc(40_000_000));

/** A response whose function changes a million states, in 7 MB: each is `a`, and set to nothing. */
const MUTATIONS = 1_000_000;
const MUTATION = Buffer.from('0a050801120161', 'hex');
/** Field 100, and the length as a varint of four bytes. */
const EFFECTS_HEAD = Buffer.of(0xa2, 0x06, ...varintOfFour(MUTATIONS * MUTATION.length));

function varintOfFour(value: number): readonly number[] {
  return [0, 7, 14, 21].map((shift) => ((value >>> shift) & 0x7f) | (shift < 21 ? 0x80 : 0));
}

/** Writes for as long as the other side takes it. */
function pour(socket: Socket, head: string, piece: Buffer | string): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(piece)) if (socket.writableLength > 1_000_000) break;
    if (!socket.destroyed) setImmediate(write);
  };
  socket.write(head);
  write();
}

export const HOSTILE: Readonly<Record<string, (socket: Socket) => void>> = {
  'no-HTTP-at-all': (socket) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
  'random-bytes': (socket) => void socket.end(Buffer.from(Array.from({ length: 999 }, (_, at) => (at * 7919) & 255))),
  'nothing-and-closes': (socket) => void socket.end(),
  'a-reset': (socket) => void socket.resetAndDestroy(),
  'half-a-head': (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  'half-a-body': (socket) => void socket.end(`${OK_HEAD}content-length: 10\r\n\r\n12345`),
  'a-body-of-another-length': (socket) => void socket.end(`${OK_HEAD}content-length: 3\r\n\r\n12345`),
  'two-lengths': (socket) => void socket.end(`${OK_HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n12`),
  'a-length-and-chunks': (socket) =>
    void socket.end(`${OK_HEAD}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`),
  'a-negative-length': (socket) => void socket.end(`${OK_HEAD}content-length: -1\r\n\r\n`),
  'a-length-beyond-numbers': (socket) => void socket.end(`${OK_HEAD}content-length: ${'9'.repeat(40)}\r\n\r\n`),
  'a-bad-chunk-size': (socket) => void socket.end(`${OK_HEAD}transfer-encoding: chunked\r\n\r\nxyz\r\n`),
  'an-endless-head': (socket) => pour(socket, 'HTTP/1.1 200 OK\r\n', `x-filler: ${'y'.repeat(500)}\r\n`),
  'an-endless-header': (socket) => pour(socket, 'HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(65_536)),
  'very-many-small-headers': (socket) => pour(socket, 'HTTP/1.1 200 OK\r\n', 'a:b\r\n'.repeat(10_000)),
  'an-endless-body': (socket) => pour(socket, `${OK_HEAD}\r\n`, Buffer.alloc(65_536)),
  'an-endless-body-in-chunks': (socket) =>
    pour(socket, `${OK_HEAD}transfer-encoding: chunked\r\n\r\n`, `10000\r\n${'x'.repeat(65_536)}\r\n`),
  'an-endless-body-in-chunks-of-one-byte': (socket) =>
    pour(socket, `${OK_HEAD}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n'.repeat(10_000)),
  'an-endless-failure': (socket) => pour(socket, 'HTTP/1.1 500 No\r\n\r\n', Buffer.alloc(65_536, 'x')),
  'a-flood-of-interim-responses': (socket) => pour(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_000)),
  'a-flood-of-early-hints': (socket) =>
    pour(socket, '', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(1_000)),
  'continue-without-end': (socket) => pour(socket, '', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000)),
  'another-protocol': (socket) =>
    void socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
  'a-gzip-bomb': (socket) => void socket.end(response(BOMB, { 'content-encoding': 'gzip' })),
  'a-deflate-bomb': (socket) => void socket.end(response(DEFLATED, { 'content-encoding': 'deflate' })),
  'a-bomb-in-a-bomb': (socket) => void socket.end(response(NESTED, { 'content-encoding': 'gzip, gzip' })),
  'an-unknown-encoding': (socket) => void socket.end(response('', { 'content-encoding': 'br' })),
  'gzip-that-is-none': (socket) => void socket.end(response('hello', { 'content-encoding': 'gzip' })),
  'half-a-gzip': (socket) =>
    void socket.end(response(gzipSync('hello').subarray(0, 15), { 'content-encoding': 'gzip' })),
  'a-million-mutations': (socket) =>
    void socket.end(response(Buffer.concat([EFFECTS_HEAD, Buffer.alloc(MUTATIONS * MUTATION.length, MUTATION)]))),
  'another-content-type': (socket) => void socket.end(response('', { 'content-type': 'text/html' })),
  'no-content-type': (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  'two-content-types': (socket) =>
    void socket.end(`${OK_HEAD}content-type: application/octet-stream\r\ncontent-length: 0\r\n\r\n`),
  'a-redirect': (socket) =>
    void socket.end(response('', { location: 'http://169.254.169.254/latest/meta-data/' }, 307)),
};

if (process.argv[2] === 'serve') {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const name = /^POST \/(\S+)/.exec(bytes.toString('latin1'))?.[1];
      if (name === 'fine') socket.write(EMPTY_200);
      else if (name !== undefined) HOSTILE[name]?.(socket);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}
