/**
 * The process in which an engine carries walks, and which may be killed. It imports next to nothing before it has looked
 * at the clock, so that what the program's own files take to load is not hidden in the start of the process.
 */
import { answerRequests, childOptions } from '../harness/child-requests.ts';
import type { Numbers } from '../harness/child.ts';
import { epochMs } from '../harness/epoch-clock.ts';
import { memoryUse } from '../harness/memory.ts';
import type { WalkOptions } from './walk-engine.ts';
import type { Walks } from './walk.ts';

export type WalkRequest =
  /** When it came how far: `beganMs`, `loadedMs`, `startedMs`, `processedMs`, on the clock of all processes. */
  | 'milestones'
  | { readonly load: { readonly from: number; readonly end: number } }
  /** Answers as soon as they are committed to have begun. */
  | { readonly begin: Walks }
  /** Answers `isWalking`, 1 or 0. */
  | 'isWalking'
  | 'drained'
  /** Answers `seconds`. */
  | { readonly walk: Walks }
  /** Answers `sum`. */
  | 'census'
  | 'memory'
  /** Afterwards it can only be killed. */
  | 'close';

const beganMs = epochMs();
const { WalkEngine } = await import('./walk-engine.ts');
const loadedMs = epochMs();
const engine = await WalkEngine.open(childOptions<WalkOptions>());
const startedMs = epochMs();
// The first entity's number is in the store, if anything is.
await engine.echo(0);
const processedMs = epochMs();

answerRequests<WalkRequest>(async (request): Promise<Numbers> => {
  if (typeof request === 'object') {
    if ('load' in request) await engine.load(request.load.from, request.load.end);
    else if ('begin' in request) await engine.begin(request.begin);
    else return { seconds: await engine.walk(request.walk) };
    return {};
  }
  switch (request) {
    case 'milestones':
      return { beganMs, loadedMs, startedMs, processedMs };
    case 'isWalking':
      return { isWalking: engine.isWalking ? 1 : 0 };
    case 'drained':
      await engine.drained();
      return {};
    case 'census':
      return { sum: await engine.census() };
    case 'memory':
      return { ...memoryUse() };
    case 'close':
      await engine.close();
      return {};
  }
});
