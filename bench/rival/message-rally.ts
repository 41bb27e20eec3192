/**
 * Ping-pong over `postMessage`: two workers with a `MessagePort` between them, and nothing else on it.
 */
import { MessageChannel } from 'node:worker_threads';
import type { RallySession } from '../flow/ping-pong.ts';
import type { RallyResult } from '../flow/rally.ts';
import { Thread } from '../harness/thread.ts';
import type { PlayerTask } from './message-rally-thread.ts';

const THREAD = new URL('./message-rally-thread.ts', import.meta.url);

export async function openMessageRally(): Promise<RallySession> {
  const { port1, port2 } = new MessageChannel();
  const ping = new Thread<number, RallyResult>(THREAD, { player: 'ping', port: port1 } satisfies PlayerTask, [port1]);
  const pong = new Thread<never, never>(THREAD, { player: 'pong', port: port2 } satisfies PlayerTask, [port2]);
  return {
    play: (balls) => Promise.race([ping.ask(balls), pong.failed]),
    async close() {
      await Promise.all([ping.close(), pong.close()]);
    },
  };
}
