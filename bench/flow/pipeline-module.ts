/**
 * The pipeline as a user of Millrace would write it: see `pipeline-topology.ts`.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from './census.ts';
import { isStageWhole, nextStage, pipelineIds, type Stage, STAGE_COUNT } from './pipeline-topology.ts';
import { threadHeap } from './thread-heap.ts';
import { type PipelineSpec, topologyOf } from './topology.ts';

const spec = topologyOf<PipelineSpec>(import.meta.url);
const ids = pipelineIds(spec.width);

const entity = functionType<Stage>('bench/entity');

const countAndHandOn = defineFunction({
  type: entity,
  state: { count: value({ initial: 0 }) },
  invoke(ctx, message) {
    if (message.rounds < 0) {
      reportTo(ctx, ctx.state.count);
      ctx.state.count = 0;
      return;
    }
    if (isStageWhole(spec, message)) ctx.state.count += 1;
    const next = nextStage(message, spec.width);
    if (next !== undefined) ctx.send(entity, ids[next.lane * STAGE_COUNT + next.stage], next);
  },
});

export default defineModule({ functions: [countAndHandOn, census, threadHeap] });
