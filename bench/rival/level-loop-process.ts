/**
 * The process of the loop over LevelDB: it answers the same requests as that of the engine, as far as it has to.
 */
import type { WalkRequest } from '../flow/walk-process.ts';
import { answerRequests, childOptions } from '../harness/child-requests.ts';
import type { Numbers } from '../harness/child.ts';
import { memoryUse } from '../harness/memory.ts';
import { LevelLoop, type LevelLoopOptions } from './level-loop.ts';

const loop = await LevelLoop.open(childOptions<LevelLoopOptions>());

answerRequests<WalkRequest>(async (request): Promise<Numbers> => {
  if (typeof request === 'object') {
    if ('walk' in request) return { seconds: await loop.walk(request.walk) };
    if ('load' in request) {
      await loop.load(request.load.from, request.load.end);
      return {};
    }
  }
  switch (request) {
    case 'census':
      return { sum: await loop.census() };
    case 'memory':
      return { ...memoryUse() };
    case 'close':
      await loop.close();
      return {};
    default:
      throw new Error(`The loop over LevelDB cannot do ${JSON.stringify(request)}.`);
  }
});
