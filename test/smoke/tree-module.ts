/**
 * The command trees' functions on real threads and in real time. Waiting takes turns between the ways in which user code
 * may wait: a resolved promise, a turn of the event loop, a timer.
 */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { treeModule } from './tree-functions.ts';

const WAYS = [() => Promise.resolve(), () => setImmediate(), () => sleep(1)];
let turn = 0;

const pause = (): Promise<void> => WAYS[turn++ % WAYS.length]();

export default treeModule({ pause, operate: pause });
