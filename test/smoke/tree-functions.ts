/**
 * The functions that carry out command trees (`command-tree.ts`), for any engine: two types with one interpreter, one of
 * them declared `async`, the other asynchronous only when it meets a command that waits, so that every way of running an
 * invocation is taken. Time and an observer come from outside, because the simulation has its own of both.
 */
import {
  defineEgress,
  defineFunction,
  defineModule,
  type Egress,
  isAsyncResult,
  type Module,
  type StatefulFunction,
} from '../../src/index.ts';
import { Interpreter, type TreeWorld, violation } from './tree-interpreter.ts';
import {
  ASYNC_TYPE,
  FADING_STATE,
  PLAIN_TYPE,
  RESULTS_TYPE,
  type Told,
  TREE_STATE,
  type TreeContext,
  type TreeMessage,
  type TreeReply,
  type TreeState,
  VERIFY,
} from './tree-messages.ts';
import { keyOf } from './tree-model.ts';

type TreeFunction = StatefulFunction<Told, TreeReply, TreeState>;

export interface TreeModule extends Module {
  readonly plain: TreeFunction;
  readonly async: TreeFunction;
  readonly results: Egress<number>;
}

/** `fades` says whether there may be commands to `fade`. */
export function treeModule(world: TreeWorld, fades = false): TreeModule {
  const results = defineEgress<number>({ type: RESULTS_TYPE });
  const state = (fades ? FADING_STATE : TREE_STATE) as TreeState;
  const plain = defineFunction({
    type: PLAIN_TYPE,
    state,
    invoke: (ctx: TreeContext, told: Told) => invokeTree(world, ctx, told),
  });
  const async = defineFunction({
    type: ASYNC_TYPE,
    state,
    async invoke(ctx: TreeContext, told: Told) {
      await invokeTree(world, ctx, told);
    },
  });
  return { ...defineModule({ functions: [plain, async], egresses: [results] }), plain, async, results };
}

function invokeTree(world: TreeWorld, ctx: TreeContext, told: Told): void | Promise<void> {
  if (told === VERIFY) return report(ctx);
  const message = messageOf(ctx, told);
  return message === undefined ? undefined : new Interpreter(world, ctx, message).run();
}

/** What is to be done; nothing for a tick of what is over. */
function messageOf(ctx: TreeContext, told: Exclude<Told, typeof VERIFY>): TreeMessage | undefined {
  if (isAsyncResult(told)) {
    const { metadata } = told;
    if (told.status === 'success' && told.value !== metadata.uid) violation(`${String(told.value)} of ${metadata.uid}`);
    if (told.status === 'failure' && told.error.message !== 'ended badly') violation(told.error.message);
    return metadata;
  }
  if (!('tick' in told)) return told;
  const key = keyOf(told.tick);
  const message = ctx.state.open.get(key);
  if (message === undefined) return undefined;
  ctx.state.open.delete(key);
  if (!ctx.cancel(key)) violation(`schedule ${told.tick} goes on, and cannot be cancelled`);
  return message;
}

async function report(ctx: TreeContext): Promise<void> {
  const { count, entries, elements, open } = ctx.state;
  const kept: number[] = [];
  for await (const uid of entries.values()) kept.push(uid);
  for await (const key of open.keys()) violation(`schedule ${key} has never come`);
  ctx.reply({ count, entries: kept, elements: [...elements.view()] });
}
