/** The thread of loops that only post and wait. */
import { parentPort } from 'node:worker_threads';
import type { HttpWork } from './http-loop.ts';
import { type Post, postOf } from './http-posts.ts';

const WARM_UP_SHARE = 0.6;

parentPort?.on('message', ({ client, url, body, seconds, concurrency }: HttpWork) => {
  const post = postOf(client, url, body, concurrency);
  void loop(post, concurrency, seconds * WARM_UP_SHARE)
    .then(() => loop(post, concurrency, seconds))
    .then((count) => parentPort?.postMessage(count));
});

async function loop(post: Post, concurrency: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let count = 0;
  const loops = Array.from({ length: concurrency }, async () => {
    while (performance.now() < end) {
      await post();
      count++;
    }
  });
  await Promise.all(loops);
  return count;
}
