/**
 * A module whose messages end their threads, for the test of an engine that starts with such messages in flight: one of its
 * threads dies of them while another one still loads.
 */
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { defineFunction, defineModule, value } from '../../src/index.ts';

/** Set in a process in which the messages before the fatal ones are never done with. */
export const HANG_VARIABLE = 'FATAL_HANG';
/** Names a folder: only one thread loads at once, the others when a thread has died. */
export const LATE_VARIABLE = 'FATAL_LATE';

const LATE_MS_MAX = 60_000;
const folder = process.env[LATE_VARIABLE];
if (!isMainThread && folder !== undefined && !isFirst(folder)) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const untilMs = Date.now() + LATE_MS_MAX;
  while (!existsSync(join(folder, 'died')) && Date.now() < untilMs) Atomics.wait(pause, 0, 0, 5);
}

function isFirst(place: string): boolean {
  try {
    openSync(join(place, 'first'), 'wx');
    return true;
  } catch {
    return false;
  }
}

/** Says how many messages it has survived. */
export const victim = defineFunction({
  type: 'fatal/victim',
  state: { survivedCount: value({ initial: 0 }) },
  async invoke(ctx, message: 'wait' | 'die' | 'survived?') {
    if (message === 'survived?') return ctx.reply(ctx.state.survivedCount);
    if (process.env[HANG_VARIABLE] !== undefined) await new Promise(() => {});
    ctx.state.survivedCount++;
    if (message === 'wait') return;
    if (folder !== undefined) openSync(join(folder, 'died'), 'a');
    // In a worker it ends the thread.
    process.exit(3);
  },
});

export default defineModule({ functions: [victim] });
