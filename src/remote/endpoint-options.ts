/**
 * What a program says of an HTTP endpoint, and what it means if it does not: one table for each of StateFun's two
 * transports. Checked where the endpoint is defined, by every thread alike; nothing is read or opened here.
 */
import { type Duration, readDuration } from '../sdk/duration.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import { type EndpointPlaces, EndpointUrl } from './endpoint-url.ts';
import { AddressGuard } from './refused-addresses.ts';

/** Which of StateFun's transports sets the defaults, what is tried again, and how soon. */
export type TransportProfile = 'async' | 'okhttp';

export interface EndpointTimeouts {
  /** For a call with all its attempts and pauses: 2 minutes (`okhttp`: 1 minute, and as long for each attempt). */
  readonly call?: Duration;
  /** To get a connection: 20 s (`okhttp`: 10 s). */
  readonly connect?: Duration;
  /** For silence once the request has left: by default none (`okhttp`: 10 s). */
  readonly read?: Duration;
  /** For the request to leave, once there is a connection: by default none (`okhttp`: 10 s). */
  readonly write?: Duration;
}

/**
 * PEM files, by path; read when a shard starts, and again when they have changed, which is noticed within
 * `connectionAgeMax`, or when the endpoint is out of reach.
 */
export interface EndpointTls {
  /** The authorities that sign for the endpoint, instead of those that Node knows. */
  readonly trustedCaFile?: string;
  /** The own certificate; needs `clientKeyFile`. */
  readonly clientCertificateFile?: string;
  /** The own key, PKCS#8; needs `clientCertificateFile`. */
  readonly clientKeyFile?: string;
  /** Holds the password of the key; a line break at its end does not count. */
  readonly clientKeyPasswordFile?: string;
}

export interface EndpointBreaker {
  /** After how many failures in a row to reach it the endpoint counts as out of reach: 5. */
  readonly failureCount?: number;
  /** How long to wait then before somebody tries again, doubled each time: 100 ms. */
  readonly probeAfter?: Duration;
  /** The longest such wait: 30 s. */
  readonly probeAfterMax?: Duration;
}

export interface HttpEndpointOptions {
  /**
   * `http://`, `https://`, `http+unix://` or `https+unix://`; `{function.name}` stands for the function's name without
   * its namespace. Of a socket's URL, all up to the first component that ends in `.sock` is its file. Credentials are
   * sent as basic authorization, and never shown.
   */
  readonly url: string;
  /** As StateFun's transports: `async` tries everything again, `okhttp` only what may be transient. Default `async`. */
  readonly profile?: TransportProfile;
  readonly timeouts?: EndpointTimeouts;
  /** How many calls may be under way at a time, in each shard: 256. */
  readonly concurrency?: number;
  /** How many connections there may be, in each shard: 1024. Never more than calls. */
  readonly connectionCountMax?: number;
  /** How old a connection may get before it is replaced: 15 s and some (`okhttp`: 1 minute unused). 0: no limit. */
  readonly connectionAgeMax?: Duration;
  /** The longest response, compressed or not: 33,554,432 bytes. A batch with a longer one is divided. */
  readonly responseBytesMax?: number;
  /**
   * How much may follow from one batch, messages, delayed ones, cancellations, records and changes of state together:
   * 100,000. It happens in one turn of its shard, which takes some µs for each. A batch of which more follows is taken
   * message by message; a message of which more follows is refused.
   */
  readonly effectCountMax?: number;
  /** What the states of one address may have in all: 67,108,864 bytes. A response that makes them more is refused. */
  readonly stateBytesMax?: number;
  readonly tls?: EndpointTls;
  readonly breaker?: EndpointBreaker;
  /** Hosts and addresses that would be refused: those of the machine's own link, and of the metadata of clouds. */
  readonly allow?: readonly string[];
}

export interface FilledEndpoint {
  readonly url: EndpointPlaces;
  readonly guard: AddressGuard;
  readonly profile: TransportProfile;
  readonly callMs: number;
  readonly connectMs: number;
  /** 0: no limit. */
  readonly readMs: number;
  readonly writeMs: number;
  readonly concurrency: number;
  readonly connectionCountMax: number;
  readonly connectionAgeMaxMs: number;
  readonly responseBytesMax: number;
  readonly effectCountMax: number;
  readonly stateBytesMax: number;
  readonly tls: EndpointTls;
  readonly failureCount: number;
  readonly probeAfterMs: number;
  readonly probeAfterMaxMs: number;
}

const SECOND = 1_000;
const RESPONSE_BYTES_MAX = 33_554_432;
/** The most that may be said of these. */
export const CONNECTION_COUNT_LIMIT = 65_536;
export const RESPONSE_BYTES_LIMIT: number = 2 ** 30;
/** Also in processes beside the shards. */
export const STATE_BYTES_MAX = 67_108_864;
export const EFFECT_COUNT_MAX = 100_000;

const FIELDS = namesOf<HttpEndpointOptions>(
  'url',
  'profile',
  'timeouts',
  'concurrency',
  'connectionCountMax',
  'connectionAgeMax',
  'responseBytesMax',
  'effectCountMax',
  'stateBytesMax',
  'tls',
  'breaker',
  'allow',
);
const TIMEOUT_FIELDS = namesOf<EndpointTimeouts>('call', 'connect', 'read', 'write');
const BREAKER_FIELDS = namesOf<EndpointBreaker>('failureCount', 'probeAfter', 'probeAfterMax');
const TLS_FIELDS = namesOf<EndpointTls>(
  'trustedCaFile',
  'clientCertificateFile',
  'clientKeyFile',
  'clientKeyPasswordFile',
);

const DEFAULTS = {
  async: { call: 120 * SECOND, connect: 20 * SECOND, read: 0, write: 0, age: 15 * SECOND },
  okhttp: { call: 60 * SECOND, connect: 10 * SECOND, read: 10 * SECOND, write: 10 * SECOND, age: 60 * SECOND },
} as const;

/** `places` instead of a URL, for who has none. Throws `INVALID_DEFINITION`. */
export function fillEndpoint(options: Partial<HttpEndpointOptions>, places?: EndpointPlaces): FilledEndpoint {
  checkFields('INVALID_DEFINITION', 'An HTTP endpoint', options, FIELDS);
  const { profile = 'async', timeouts = {}, breaker = {}, allow = [] } = options;
  if (profile !== 'async' && profile !== 'okhttp') throw invalid(`profile must be async or okhttp`, profile);
  checkFields('INVALID_DEFINITION', 'An HTTP endpoint: timeouts', timeouts, TIMEOUT_FIELDS);
  checkFields('INVALID_DEFINITION', 'An HTTP endpoint: breaker', breaker, BREAKER_FIELDS);
  const guard = guardOf(allow);
  const url = places ?? new EndpointUrl(options.url, profile !== 'okhttp');
  const complaint = complaintOfReach(url, guard);
  if (complaint !== undefined) throw new MillraceError('INVALID_DEFINITION', `An endpoint is refused: ${complaint}.`);
  const defaults = DEFAULTS[profile];
  const callMs = positiveMs('timeouts.call', timeouts.call, defaults.call);
  const filled = {
    url,
    guard,
    profile,
    callMs,
    connectMs: positiveMs('timeouts.connect', timeouts.connect, Math.min(defaults.connect, callMs)),
    readMs: optionalMs('timeouts.read', timeouts.read, Math.min(defaults.read, callMs)),
    writeMs: optionalMs('timeouts.write', timeouts.write, Math.min(defaults.write, callMs)),
    concurrency: count('concurrency', options.concurrency, 256, 1_048_576),
    connectionCountMax: count('connectionCountMax', options.connectionCountMax, 1024, CONNECTION_COUNT_LIMIT),
    connectionAgeMaxMs: ms('connectionAgeMax', options.connectionAgeMax, defaults.age),
    responseBytesMax: count('responseBytesMax', options.responseBytesMax, RESPONSE_BYTES_MAX, RESPONSE_BYTES_LIMIT),
    effectCountMax: count('effectCountMax', options.effectCountMax, EFFECT_COUNT_MAX, 2 ** 24),
    stateBytesMax: count('stateBytesMax', options.stateBytesMax, STATE_BYTES_MAX, 2 ** 30),
    tls: checkTls(options.tls ?? {}),
    failureCount: count('breaker.failureCount', breaker.failureCount, 5, 1_000_000),
    probeAfterMs: positiveMs('breaker.probeAfter', breaker.probeAfter, 100),
    probeAfterMaxMs: positiveMs('breaker.probeAfterMax', breaker.probeAfterMax, 30 * SECOND),
  };
  checkWithinCall(filled, timeouts);
  return filled;
}

/** Throws `INVALID_DEFINITION`. */
export function guardOf(allow: readonly string[]): AddressGuard {
  if (Array.isArray(allow) && allow.every((host) => typeof host === 'string')) return new AddressGuard(allow);
  throw invalid('allow must be a list of hosts', allow);
}

/** An address that is refused is a mistake of the definition. Names are looked up when they are connected to. */
export function complaintOfReach(url: EndpointPlaces, guard: AddressGuard): string | undefined {
  const hostname = url.isOneOrigin ? url.targetOf('name').hostname : undefined;
  if (hostname === undefined || guard.mayReach(hostname)) return undefined;
  return `${url.name} leads to the machine's own link or to cloud metadata; list its host in allow if it is meant`;
}

/** As in StateFun, what an attempt may take at most is within what the call may take; only where it was said. */
function checkWithinCall(filled: FilledEndpoint, timeouts: EndpointTimeouts): void {
  if (filled.profile !== 'okhttp') return;
  for (const name of ['connect', 'read', 'write'] as const) {
    if (filled[`${name}Ms`] > filled.callMs) {
      throw invalid(`timeouts.${name} must not exceed timeouts.call (${filled.callMs} ms)`, timeouts[name]);
    }
  }
}

function checkTls(tls: EndpointTls): EndpointTls {
  checkFields('INVALID_DEFINITION', 'An HTTP endpoint: tls', tls, TLS_FIELDS);
  for (const [name, file] of Object.entries(tls) as [string, unknown][]) {
    if (file !== undefined && (typeof file !== 'string' || file === '')) {
      throw invalid(`tls.${name} must be the path of a file`, file);
    }
  }
  const { clientCertificateFile, clientKeyFile, clientKeyPasswordFile } = tls;
  if ((clientCertificateFile === undefined) !== (clientKeyFile === undefined)) {
    throw invalid('tls.clientCertificateFile and tls.clientKeyFile go together; only one was given', undefined);
  }
  if (clientKeyPasswordFile !== undefined && clientKeyFile === undefined) {
    throw invalid('tls.clientKeyPasswordFile is of no use without tls.clientKeyFile', undefined);
  }
  return tls;
}

function ms(name: string, given: unknown, byDefault: number): number {
  if (given === undefined) return byDefault;
  const duration = readDuration(given);
  if (duration === undefined) throw invalid(`${name} must be a duration, such as 500 or '5 s'`, given);
  return duration;
}

function positiveMs(name: string, given: unknown, byDefault: number): number {
  const duration = ms(name, given, byDefault);
  if (duration === 0) throw invalid(`${name} must be above 0`, given);
  return duration;
}

/** None by default is none; what is said must be above 0. */
function optionalMs(name: string, given: unknown, byDefault: number): number {
  return given === undefined ? byDefault : positiveMs(name, given, byDefault);
}

function count(name: string, given: unknown, byDefault: number, max: number): number {
  const value = given === undefined ? byDefault : given;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw invalid(`${name} must be a whole number from 1 to ${max}`, given);
}

function invalid(what: string, given: unknown): MillraceError {
  const ending = given === undefined ? '.' : `, not ${describe(given)}.`;
  return new MillraceError('INVALID_DEFINITION', `An HTTP endpoint: ${what}${ending}`);
}
