/**
 * A server that answers with bytes, whatever they are: for what a proper one would not send. It reads whole requests, and
 * its script gets each with its socket.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { HttpEndpointOptions } from '../../../src/remote/endpoint-options.ts';
import type { EndpointStatus } from '../../../src/remote/endpoint-status.ts';
import { httpEndpoint } from '../../../src/remote/http-endpoint.ts';
import type { MillraceError } from '../../../src/sdk/errors.ts';
import type { BatchResponse } from '../../../src/statefun/protocol.ts';

export interface RawRequest {
  /** The request line and the headers, as they came. */
  readonly head: string;
  readonly body: Buffer;
  /** From 0 on, over all connections. */
  readonly number: number;
  /** Which connection it came by, from 0 on. */
  readonly connection: number;
}

export type Script = (request: RawRequest, socket: Socket) => void;

export interface RawServer {
  readonly requests: RawRequest[];
  readonly port: number;
  readonly connectionCount: number;
  readonly openCount: number;
  script: Script;
}

export interface RawPlace {
  readonly tls?: TlsOptions;
  readonly socketPath?: string;
  readonly port?: number;
}

export async function rawServer(script: Script, { tls, socketPath, port }: RawPlace = {}): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const requests: RawRequest[] = [];
  let connectionCount = 0;
  const accept = (socket: Socket): void => {
    const connection = connectionCount++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    readRequests(socket, (head, body) => {
      const request = { head, body, number: requests.length, connection };
      requests.push(request);
      server.script(request, socket);
    });
  };
  const listener: Server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
  listener.listen(...((socketPath === undefined ? [port ?? 0, '127.0.0.1'] : [socketPath]) as [string]));
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const server: RawServer = {
    requests,
    port: socketPath === undefined ? (listener.address() as AddressInfo).port : 0,
    get connectionCount() {
      return connectionCount;
    },
    get openCount() {
      return sockets.size;
    },
    script,
  };
  return server;
}

function readRequests(socket: Socket, read: (head: string, body: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  socket.on('data', (piece: Buffer) => {
    bytes = Buffer.concat([bytes, piece]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = bytes.toString('latin1', 0, end);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (bytes.length < end + 4 + length) return;
      const body = bytes.subarray(end + 4, end + 4 + length);
      bytes = bytes.subarray(end + 4 + length);
      read(head, body);
    }
  });
}

/** A folder of the test's own. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'remote-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

export interface Caller {
  call(type?: string, signal?: AbortSignal): Promise<BatchResponse>;
  status(): EndpointStatus;
  readonly reports: MillraceError[];
  stop(): Promise<void>;
}

/** An endpoint over real connections. */
export function caller(options: HttpEndpointOptions): Caller {
  const endpoint = httpEndpoint(options);
  const reports: MillraceError[] = [];
  endpoint.companion?.start({ shard: 0, shardCount: 1, report: (error) => reports.push(error) });
  const stop = async (): Promise<void> => await endpoint.companion?.stop();
  onTestFinished(stop);
  return {
    call: (type = 'test/greeter', signal = new AbortController().signal) =>
      endpoint.call({ target: { type, id: 'Kim' }, states: [], invocations: [] }, signal),
    status: () => endpoint.companion?.status()[0] as EndpointStatus,
    reports,
    stop,
  };
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(2);
}
