/**
 * What does and does not compile with remote functions. This file is only ever compiled (`npm run typecheck`): every line
 * below a `@ts-expect-error` must be an error, and everything else must not be one.
 */
import { defineFunction, defineModule, type Engine } from '../../src/index.ts';
import { type Endpoint, httpEndpoint, remoteFunction, type TypedValue } from '../../src/remote/index.ts';

declare const endpoint: Endpoint;
declare const engine: Engine;

const greeter = remoteFunction({ type: 'greeter/hello', endpoint, batchCountMax: 10, failure: { attempts: 3 } });
export const whole = remoteFunction({ type: 'greeter/*', endpoint, deadline: '30 s' });
// @ts-expect-error -- it runs nowhere
remoteFunction({ type: 'greeter/hello' });
// @ts-expect-error -- its endpoint says how many calls are under way
remoteFunction({ type: 'greeter/hello', endpoint, concurrency: 3 });
// @ts-expect-error -- its states are declared by its endpoint
remoteFunction({ type: 'greeter/hello', endpoint, state: {} });

export const native = defineFunction({
  type: 'test/native',
  invoke(ctx, message: TypedValue) {
    ctx.send(greeter, 'Kim', message);
    for (const plain of ['text', true, 1, 1n]) ctx.send(greeter, 'Kim', plain);
    // @ts-expect-error -- nothing that a built-in type could say
    ctx.send(greeter, 'Kim', { name: 'Kim' });
    // @ts-expect-error -- bytes without a type name
    ctx.send(greeter, 'Kim', new Uint8Array(1));
  },
});

export const answer: Promise<TypedValue> = engine.ask(greeter, 'Kim', 'hello');
export const module = defineModule({ functions: [greeter, whole, native] });

/** What an HTTP endpoint can be told, and what an engine tells of it. */
export const everything = httpEndpoint({
  url: 'https://functions.example/{function.name}',
  profile: 'okhttp',
  timeouts: { call: '2 minutes', connect: 500, read: '10 s', write: '10 s' },
  concurrency: 8,
  connectionCountMax: 4,
  connectionAgeMax: '1 minute',
  responseBytesMax: 1_000_000,
  effectCountMax: 1_000,
  tls: { trustedCaFile: 'ca.pem', clientCertificateFile: 'c.pem', clientKeyFile: 'k.pem', clientKeyPasswordFile: 'p' },
  breaker: { failureCount: 3, probeAfter: 50, probeAfterMax: '10 s' },
  allow: ['169.254.169.254'],
});
// @ts-expect-error -- an endpoint is somewhere
httpEndpoint({ profile: 'async' });
// @ts-expect-error -- no such transport
httpEndpoint({ url: 'http://h', profile: 'netty' });
// @ts-expect-error -- a duration
httpEndpoint({ url: 'http://h', timeouts: { call: true } });

export async function reasons(): Promise<readonly (string | null)[]> {
  const reports = await engine.endpoints();
  for (const { shard, attemptCount } of reports) {
    shard.toFixed();
    // @ts-expect-error -- a process beside the shard is not called over HTTP
    attemptCount.toFixed();
  }
  return reports.map(({ reason }) => reason);
}
