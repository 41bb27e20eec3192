/**
 * The ways to post the same bytes over and over that the bare loops have: undici's pool with a bare handler, the quickest
 * client that there is as a package; Node's own client; and ours without what is around it in an engine, that is without
 * calls, repetition, breaker and batches. Each keeps its connections, as many as there may be requests at a time.
 */
import { Agent, request } from 'node:http';
import { Pool } from 'undici';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { systemTimers } from '../../src/base/timers.ts';
import type { AttemptOutcome } from '../../src/remote/attempt.ts';
import { fillEndpoint } from '../../src/remote/endpoint-options.ts';
import { openSocketClient } from '../../src/remote/socket-client.ts';

/** Posts it, and waits until the whole answer has come. */
export type Post = () => Promise<void>;
export type ClientName = 'undici' | 'node:http' | 'own';

const MEDIA_TYPE = 'application/octet-stream';

const CLIENTS: Readonly<Record<ClientName, (url: URL, body: Buffer, concurrency: number) => Post>> = {
  undici: undiciPost,
  'node:http': nodePost,
  own: ownPost,
};

export function postOf(client: ClientName, url: string, body: Uint8Array, concurrency: number): Post {
  return CLIENTS[client](new URL(url), Buffer.from(body), concurrency);
}

function undiciPost({ origin, pathname: path }: URL, body: Buffer, concurrency: number): Post {
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
  const headers = ['content-type', MEDIA_TYPE, 'accept', MEDIA_TYPE];
  return async () => {
    await new Promise<void>((resolve, reject) => {
      pool.dispatch(
        { path, method: 'POST', headers, body },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_control, status) => {
            if (status !== 200) reject(wrongStatus(status));
          },
          onResponseData: () => undefined,
          onResponseEnd: () => resolve(),
          onResponseError: (_control, error) => reject(error),
        },
      );
    });
  };
}

function nodePost({ hostname, port, pathname: path }: URL, body: Buffer, concurrency: number): Post {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const headers = { 'content-type': MEDIA_TYPE, accept: MEDIA_TYPE, 'content-length': body.length };
  return async () => {
    await new Promise<void>((resolve, reject) => {
      const sent = request({ hostname, port, path, method: 'POST', headers, agent }, (response) => {
        if (response.statusCode !== 200) reject(wrongStatus(response.statusCode));
        response.on('end', resolve);
        response.resume();
      });
      sent.on('error', reject);
      sent.end(body);
    });
  };
}

function ownPost({ href: url }: URL, body: Buffer): Post {
  const options = fillEndpoint({ url });
  const target = options.url.targetOf('greeter');
  const client = openSocketClient(target, options, systemClock, systemTimers, systemRandom);
  return async () => {
    const outcome = await new Promise<AttemptOutcome>((resolve) => {
      client.post(target, body, { attemptEnded: resolve });
    });
    if (outcome.kind !== 'response') throw outcome.cause;
    if (outcome.status !== 200) throw wrongStatus(outcome.status);
  };
}

function wrongStatus(status: number | undefined): Error {
  return new Error(`answered with ${status}`);
}
