/**
 * Sockets for HTTP connections: over TCP, TLS or a Unix socket, with a buffer of their own into which all that comes is
 * read, so that nothing is allocated for it. A socket connects to no address that the guard refuses: what a name resolves
 * to is checked, and what was checked is connected to.
 */
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContext } from 'node:tls';
import type { FilledEndpoint } from './endpoint-options.ts';
import type { CallTarget } from './endpoint-url.ts';
import { guardedLookup } from './guarded-lookup.ts';
import { readTls } from './tls-files.ts';

/** Also a bound on what is looked at before others have their turn. */
const READ_BYTES = 16 * 1024;
/** Before a connection on which nothing happens is asked whether it is still there. */
const KEEP_ALIVE_MS = 60_000;

/** Gets what was read: valid until it returns. */
export type ReadBytes = (bytes: Buffer) => void;

/** A socket that is about to connect. */
export type OpenSocket = (read: ReadBytes) => Socket;

/** The event that says that it is connected. */
export function connectedEvent({ isSecure }: CallTarget): string {
  return isSecure ? 'secureConnect' : 'connect';
}

/** Throws if the files that it needs cannot be had. */
export function socketOpener(target: CallTarget, { guard, tls }: FilledEndpoint): OpenSocket {
  const { socketPath, isSecure } = target;
  if (socketPath !== undefined) {
    return (read) => connect({ path: socketPath, onread: onRead(read) });
  }
  const url = new URL(target.origin);
  // An IPv6 address stands in brackets.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const place = { host, lookup: guardedLookup(guard), noDelay: true, keepAlive: true };
  const options = { ...place, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if (!isSecure) {
    const port = Number(url.port || 80);
    return (read) => connect({ ...options, port, onread: onRead(read) });
  }
  return tlsOpener({ ...options, port: Number(url.port || 443) }, readTls(tls));
}

/** Connections after the first one go on with its session, which saves most of the handshake. */
function tlsOpener(
  options: { readonly host: string; readonly port: number },
  secureContext: SecureContext | undefined,
): OpenSocket {
  let session: Buffer | undefined;
  const servername = isIP(options.host) === 0 ? options.host : '';
  const secure = { ...options, servername, ALPNProtocols: ['http/1.1'], ...(secureContext && { secureContext }) };
  return (read) => {
    // Node takes `onread` here as well; its types do not say so.
    const all = { ...secure, ...(session && { session }), onread: onRead(read) } as ConnectionOptions;
    const socket = connectTls(all);
    return socket.on('session', (given) => void (session = given)).on('error', () => void (session = undefined));
  };
}

function onRead(read: ReadBytes): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (byteLength: number): boolean => {
    read(buffer.subarray(0, byteLength));
    return true;
  };
  return { buffer, callback };
}
