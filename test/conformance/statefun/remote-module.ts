/**
 * A module with a remote function whose endpoint is the test: each request goes to it by a channel between threads, and
 * it answers when it likes. Nothing is opened before the first request.
 */
import { threadId } from 'node:worker_threads';
import { defineEgress, defineModule } from '../../../src/index.ts';
import { type Endpoint, remoteFunction } from '../../../src/remote/index.ts';
import type { BatchRequest, BatchResponse } from '../../../src/statefun/protocol.ts';

export const CHANNEL = 'millrace remote conformance';
export const RESULTS = defineEgress({ type: 'test/results' });

export interface Asked {
  readonly kind: 'request';
  readonly key: string;
  readonly request: BatchRequest;
}

export interface Answered {
  readonly kind: 'response';
  readonly key: string;
  readonly response: BatchResponse;
}

let channel: BroadcastChannel | undefined;
let count = 0;
const waiting = new Map<string, (response: BatchResponse) => void>();

function open(): BroadcastChannel {
  const opened = new BroadcastChannel(CHANNEL);
  opened.onmessage = (event: MessageEvent) => {
    const data = event.data as Asked | Answered;
    if (data.kind !== 'response') return;
    waiting.get(data.key)?.(data.response);
    waiting.delete(data.key);
  };
  (opened as unknown as { unref(): void }).unref();
  return opened;
}

const endpoint: Endpoint = {
  name: 'the test',
  concurrency: 100,
  companion: undefined,
  async call(request) {
    channel ??= open();
    const key = `${threadId} ${count++}`;
    const { promise, resolve } = Promise.withResolvers<BatchResponse>();
    waiting.set(key, resolve);
    channel.postMessage({ kind: 'request', key, request } satisfies Asked);
    return await promise;
  },
};

export default defineModule({
  functions: ['test/remote', 'test/other'].map((type) => remoteFunction({ type, endpoint })),
  egresses: [RESULTS],
});
