/**
 * Keeps what a StateFun program does for a process of its own from being done in every thread of an engine: no server
 * listens that the loading of its file has started, at once or later, by whatever way of serving. All threads would
 * listen on one port. To the program it looks as if it listened and nobody called.
 *
 * Who has started a server is known by Node's own account of what stems from what, `AsyncLocalStorage`. So servers of
 * everybody else listen, those of the program's functions among them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type AddressInfo, Server } from 'node:net';

/** What is loaded, as far as it matters here. */
export interface Loading {
  /** Whether it has made a program; from then on its servers do not listen. */
  isProgram(): boolean;
}

const loading = new AsyncLocalStorage<Loading>();
const listen = Server.prototype.listen;
/** Loads that are under way, or have made a program: what they have started may go on for as long as the thread does. */
const watched = new Set<Loading>();

/** Runs a load, so that it is known of what it starts. */
export async function loadWithoutListening<Result>(load: Loading, run: () => Promise<Result>): Promise<Result> {
  watched.add(load);
  Server.prototype.listen = listenUnlessProgram as typeof listen;
  try {
    return await loading.run(load, run);
  } finally {
    if (!load.isProgram()) watched.delete(load);
    if (watched.size === 0) endWatch();
  }
}

/** To know what stems from what costs promises some time on Node 22. */
function endWatch(): void {
  loading.disable();
  if (Server.prototype.listen === (listenUnlessProgram as typeof listen)) Server.prototype.listen = listen;
}

function listenUnlessProgram(this: Server, ...given: readonly unknown[]): Server {
  if (loading.getStore()?.isProgram() === true) return seemToListen(this, given);
  return Reflect.apply(listen, this, given as never);
}

/** Its callback comes, and its address is the one that it wanted. */
function seemToListen(server: Server, given: readonly unknown[]): Server {
  const callback = given.findLast((each) => typeof each === 'function') as (() => void) | undefined;
  if (callback !== undefined) server.once('listening', callback);
  const address = addressOf(given);
  server.address = () => address;
  process.nextTick(() => server.emit('listening'));
  return server;
}

/** As `listen` takes it: a path, a port and perhaps a host, or an object with those. */
function addressOf([first, second]: readonly unknown[]): AddressInfo | string {
  const isPath = typeof first === 'string' && !/^\d*$/.test(first);
  const named = typeof first === 'object' && first !== null ? first : isPath ? { path: first } : { port: first };
  const { path, port, host } = { host: second, ...named } as { path?: unknown; port?: unknown; host?: unknown };
  if (typeof path === 'string') return path;
  const wanted = Number(port);
  const address = typeof host === 'string' ? host : '::';
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  return { address, family, port: Number.isInteger(wanted) ? wanted : 0 };
}
