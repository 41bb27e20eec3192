/**
 * The command trees' functions on real threads and in real time. Waiting takes turns between the ways in which user code
 * may wait: a resolved promise, a turn of the event loop, a timer.
 */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Attempts } from './attempts.ts';
import { type TreeModule, treeModule } from './tree-functions.ts';
import { type TreeOptions, WHOLE_OPTIONS } from './tree-options.ts';
import { traitsOf } from './tree-states.ts';

const WAYS = [() => Promise.resolve(), () => setImmediate(), () => sleep(1)];
let turn = 0;

const pause = (): Promise<void> => WAYS[turn++ % WAYS.length]();

/** Of one thread. What is not as it must be is seen when its addresses say what they hold. */
export function threadModule(options: TreeOptions): TreeModule {
  const attempts = new Attempts();
  let found: string | undefined;
  const world = {
    pause,
    operate: pause,
    attempt: (uid: number) => attempts.next(uid),
    violated(what: string) {
      found ??= what;
    },
    get violation() {
      return found;
    },
  };
  return treeModule(world, traitsOf(options, 3, true));
}

export default threadModule(WHOLE_OPTIONS);
