/**
 * The transports of a module.yaml: `io.statefun.transports.v1/async` and `/okhttp`, with StateFun's defaults and rules.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '../sdk/errors.ts';
import { CONNECTION_COUNT_LIMIT, RESPONSE_BYTES_LIMIT } from './endpoint-options.ts';
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
    callMs: transport.durationMs('call', 2 * MINUTE, false),
    connectMs: transport.durationMs('connect', 20 * SECOND, false),
  };
  const read = {
    profile: 'async' as const,
    ...own,
    ...(transport.has('timeouts') ? readOldTimeouts(transport.fields('timeouts')) : {}),
    poolTtlMs: transport.durationMs('pool_ttl', 15 * SECOND),
    poolSize: upTo(transport, 'pool_size', 1024, CONNECTION_COUNT_LIMIT),
    payloadBytesMax: upTo(transport, 'payload_max_bytes', 32 * 1024 * 1024, RESPONSE_BYTES_LIMIT),
    trustCaCerts: location(transport, 'trust_cacerts'),
    clientCert: location(transport, 'client_cert'),
    clientKey: location(transport, 'client_key'),
    clientKeyPassword: location(transport, 'client_key_password'),
  };
  checkClientFiles(transport);
  return read;
}

function checkClientFiles(transport: YamlFields): void {
  const hasKey = transport.has('client_key');
  if (transport.has('client_cert') !== hasKey) {
    const [given, absent] = hasKey ? ['client_key', 'client_cert'] : ['client_cert', 'client_key'];
    transport.refuse(given, `mutual TLS needs both client_cert and client_key; ${absent} is missing`);
  }
  if (transport.has('client_key_password') && !hasKey) {
    transport.refuse('client_key_password', 'it is of no use without client_key');
  }
}

/** More than we can do is no mistake, since StateFun takes it. */
function upTo(transport: YamlFields, name: string, byDefault: number, max: number): number {
  const value = transport.integer(name, byDefault, 1);
  if (value > max) transport.warn(name, `it is taken as ${max}, the most there is here`);
  return Math.min(value, max);
}

/** A path, a file URL, or what StateFun finds on its class path. */
function location(transport: YamlFields, name: string): string | undefined {
  const text = transport.text(name);
  const complaint = text === undefined ? undefined : complaintOfLocation(text);
  if (complaint === undefined) return text;
  transport.refuse(name, complaint);
  return undefined;
}

function complaintOfLocation(text: string): string | undefined {
  if (text === '') return 'it must not be empty';
  if (/^(?!file:|classpath:)[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return `it must be a path or a URL that begins with file:, not ${describe(text)}`;
  }
  try {
    if (!pathOfLocation(text).includes('\0')) return undefined;
  } catch {
    // As a URL it names no file of this machine.
  }
  return `no file can be named ${describe(text)}`;
}

/** Where a location is; what StateFun finds on its class path is a path here, since there is no class path. */
export function pathOfLocation(text: string): string {
  return /^file:/i.test(text) ? fileURLToPath(text) : resolve(text.replace(/^classpath:/, ''));
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
