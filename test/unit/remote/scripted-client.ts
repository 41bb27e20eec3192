/** An HTTP client that answers as its test says, and an endpoint that stands on it and on time that is turned by hand. */
import type { Attempt, AttemptListener, AttemptOutcome, OpenedClient } from '../../../src/remote/attempt.ts';
import type { HttpEndpointOptions } from '../../../src/remote/endpoint-options.ts';
import type { EndpointStatus } from '../../../src/remote/endpoint-status.ts';
import type { CallTarget } from '../../../src/remote/endpoint-url.ts';
import { endpointOn } from '../../../src/remote/http-endpoint.ts';
import type { Endpoint } from '../../../src/remote/transport.ts';
import type { MillraceError } from '../../../src/sdk/errors.ts';
import type { BatchResponse } from '../../../src/statefun/protocol.ts';
import { ManualTime } from './manual-time.ts';

/** What comes of an attempt, and after how long; `never` is silence, `stuck` that nobody takes the request. */
export type Reply = { readonly afterMs?: number; readonly outcome: AttemptOutcome } | 'never' | 'stuck';

export interface Posted {
  readonly at: number;
  readonly path: string;
  readonly origin: string;
  isCancelled: boolean;
}

export class ScriptedClient implements OpenedClient {
  readonly posted: Posted[] = [];
  readonly #time: ManualTime;
  /** Asked with the number of the attempt, from 0 on. */
  reply: (attempt: number, target: CallTarget) => Reply = () => ok();
  isClosed = false;

  constructor(time: ManualTime) {
    this.#time = time;
  }

  post(target: CallTarget, _body: Uint8Array, listener: AttemptListener): Attempt {
    const posted = { at: this.#time.elapsedMs(), path: target.path, origin: target.origin, isCancelled: false };
    const reply = this.reply(this.posted.push(posted) - 1, target);
    if (typeof reply !== 'string') {
      const tell = (): void => {
        if (!posted.isCancelled) listener.attemptEnded(reply.outcome);
      };
      if (reply.afterMs === undefined) queueMicrotask(tell);
      else this.#time.set(tell, reply.afterMs);
    }
    const cancel = (): void => void (posted.isCancelled = true);
    const isSent = typeof reply === 'string' || reply.outcome.kind !== 'unreachable';
    return { isAnswered: false, isSent, isTaken: isSent && reply !== 'stuck', activeAt: posted.at, cancel };
  }

  isOutdated(): boolean {
    return false;
  }

  retire(): void {
    this.isClosed = true;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

export function ok(body: Uint8Array = new Uint8Array(0), contentType = 'application/octet-stream'): Reply {
  return { outcome: { kind: 'response', status: 200, contentType, retryAfter: undefined, body } };
}

export function status(code: number, retryAfter?: string): Reply {
  const body = Buffer.from('no\tluck');
  return { outcome: { kind: 'response', status: code, contentType: 'text/plain', retryAfter, body } };
}

export function unreachable(message = 'connect ECONNREFUSED 127.0.0.1:1'): Reply {
  return { outcome: { kind: 'unreachable', cause: new Error(message) } };
}

export function cut(message = 'other side closed'): Reply {
  return { outcome: { kind: 'cut', cause: new Error(message) } };
}

export interface Stage {
  readonly time: ManualTime;
  readonly client: ScriptedClient;
  readonly endpoint: Endpoint;
  readonly reports: MillraceError[];
  call(type?: string, signal?: AbortSignal): Promise<BatchResponse>;
  status(): EndpointStatus;
}

/** An endpoint that has been started. */
export function stage(options: Partial<HttpEndpointOptions> = {}): Stage {
  const time = new ManualTime();
  const client = new ScriptedClient(time);
  const ground = { clock: time, timers: time, random: () => 0.5, open: () => client };
  const endpoint = endpointOn({ url: 'http://127.0.0.1:8000/{function.name}', ...options }, () => ground);
  const reports: MillraceError[] = [];
  endpoint.companion?.start({ shard: 0, shardCount: 1, report: (error) => reports.push(error) });
  return {
    time,
    client,
    endpoint,
    reports,
    call: (type = 'test/greeter', signal = new AbortController().signal) => {
      const called = endpoint.call({ target: { type, id: 'Kim' }, states: [], invocations: [] }, signal);
      // Who looks at it later does not let it go unhandled in the meantime.
      called.catch(() => undefined);
      return called;
    },
    status: () => endpoint.companion?.status()[0] as EndpointStatus,
  };
}
