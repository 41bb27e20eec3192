/**
 * Ping-pong over `postMessage`: two workers with a `MessagePort` between them, and nothing else on it.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { RallySession } from '../flow/ping-pong.ts';
import type { RallyResult } from '../flow/rally.ts';
import { Thread } from '../harness/thread.ts';
import type { PlayerTask } from './message-rally-thread.ts';

const THREAD = new URL('./message-rally-thread.ts', import.meta.url);

/** Balls have a body of so many bytes, or none. */
export async function openMessageRally(bytes: number | undefined): Promise<RallySession> {
  const { port1, port2 } = new MessageChannel();
  const task = (player: 'ping' | 'pong', port: MessagePort): PlayerTask => ({ player, port, bytes });
  const ping = new Thread<number, RallyResult>(THREAD, task('ping', port1), [port1]);
  const pong = new Thread<never, never>(THREAD, task('pong', port2), [port2]);
  return {
    play: (balls) => Promise.race([ping.ask(balls), pong.failed]),
    async close() {
      await Promise.all([ping.close(), pong.close()]);
    },
  };
}
