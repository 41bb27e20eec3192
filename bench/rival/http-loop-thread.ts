/**
 * The thread of loops that only post and wait: undici's pool with a bare handler, the quickest client that there is as a
 * package.
 */
import { parentPort } from 'node:worker_threads';
import { Pool } from 'undici';
import type { HttpWork } from './http-loop.ts';

const WARM_UP_SHARE = 0.6;
const HEADERS = ['content-type', 'application/octet-stream', 'accept', 'application/octet-stream'];

parentPort?.on('message', (work: HttpWork) => {
  const pool = new Pool(new URL(work.url).origin, { connections: work.concurrency, pipelining: 1 });
  void loop(pool, work, work.seconds * WARM_UP_SHARE)
    .then(() => loop(pool, work, work.seconds))
    .then((count) => parentPort?.postMessage(count));
});

async function loop(pool: Pool, work: HttpWork, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  const body = Buffer.from(work.body);
  const path = new URL(work.url).pathname;
  let count = 0;
  const loops = Array.from({ length: work.concurrency }, async () => {
    while (performance.now() < end) {
      await post(pool, path, body);
      count++;
    }
  });
  await Promise.all(loops);
  return count;
}

async function post(pool: Pool, path: string, body: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    pool.dispatch(
      { path, method: 'POST', headers: HEADERS, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_control, status) => {
          if (status !== 200) reject(new Error(`answered with ${status}`));
        },
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(),
        onResponseError: (_control, error) => reject(error),
      },
    );
  });
}
