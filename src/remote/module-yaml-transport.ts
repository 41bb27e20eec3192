/**
 * The transports of a module.yaml: `io.statefun.transports.v1/async` and `/okhttp`, with StateFun's defaults and rules.
 */
import { describe } from '../sdk/errors.ts';
import type { AsyncTransport, OkHttpTransport, TransportDescription } from './module-description.ts';
import type { YamlFields } from './module-yaml-fields.ts';

const ASYNC = 'io.statefun.transports.v1/async';
const OKHTTP = 'io.statefun.transports.v1/okhttp';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The `transport` of an endpoint of version 2; without a type it is the async one, as StateFun's code has it. */
export function readTransport(transport: YamlFields): TransportDescription {
  const type = transport.text('type') ?? ASYNC;
  if (type === OKHTTP) {
    const timeouts = readOkHttpTimeouts(transport.fields('timeouts'));
    transport.finish();
    return timeouts;
  }
  if (type !== ASYNC) {
    transport.refuse('type', `there is no transport ${describe(type)}; there are ${ASYNC} and ${OKHTTP}`);
    return readAsync(transport);
  }
  const read = readAsync(transport);
  transport.finish();
  return read;
}

function readAsync(transport: YamlFields): AsyncTransport {
  const own = {
    callMs: transport.durationMs('call', 2 * MINUTE),
    connectMs: transport.durationMs('connect', 20 * SECOND),
  };
  const read = {
    profile: 'async' as const,
    ...own,
    ...(transport.has('timeouts') ? readOldTimeouts(transport.fields('timeouts')) : {}),
    poolTtlMs: transport.durationMs('pool_ttl', 15 * SECOND),
    poolSize: transport.integer('pool_size', 1024, 1),
    payloadBytesMax: transport.integer('payload_max_bytes', 32 * 1024 * 1024, 1),
    trustCaCerts: transport.text('trust_cacerts'),
    clientCert: transport.text('client_cert'),
    clientKey: transport.text('client_key'),
    clientKeyPassword: transport.text('client_key_password'),
  };
  if ((read.clientCert === undefined) !== (read.clientKey === undefined)) {
    const [given, absent] =
      read.clientCert === undefined ? ['client_key', 'client_cert'] : ['client_cert', 'client_key'];
    transport.refuse(given, `mutual TLS needs both client_cert and client_key; ${absent} is missing`);
  }
  return read;
}

/** What an endpoint that was moved over from okhttp may have kept: it wins, and has the old defaults. */
function readOldTimeouts(timeouts: YamlFields): { callMs: number; connectMs: number } {
  const read = {
    callMs: timeouts.durationMs('call', MINUTE, false),
    connectMs: timeouts.durationMs('connect', 10 * SECOND, false),
  };
  timeouts.finish();
  return read;
}

/** The timeouts of okhttp; none may be zero, and none longer than the whole call. */
export function readOkHttpTimeouts(timeouts: YamlFields): OkHttpTransport {
  const read = {
    profile: 'okhttp' as const,
    callMs: timeouts.durationMs('call', MINUTE, false),
    connectMs: timeouts.durationMs('connect', 10 * SECOND, false),
    readMs: timeouts.durationMs('read', 10 * SECOND, false),
    writeMs: timeouts.durationMs('write', 10 * SECOND, false),
  };
  for (const name of ['connect', 'read', 'write'] as const) {
    const ms = read[`${name}Ms`];
    if (ms > read.callMs) timeouts.refuse(name, `it is ${ms} ms, which is longer than a whole call, ${read.callMs} ms`);
  }
  timeouts.finish();
  return read;
}
