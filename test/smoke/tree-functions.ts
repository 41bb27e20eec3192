/**
 * The functions that carry out command trees (`command-tree.ts`), for any engine: two with one interpreter, one of them
 * declared `async`, the other asynchronous only when it meets a command that waits, so that every way of running an
 * invocation is taken; and a nurse, who hears of what fails. Time and an observer come from outside, because the
 * simulation has its own of both.
 */
import {
  defineEgress,
  defineFunction,
  defineModule,
  type Egress,
  functionType,
  type FunctionType,
  isAsyncResult,
  type Module,
  type QuarantineEvent,
  type StatefulFunction,
  value,
} from '../../src/index.ts';
import { Refusal, smallSchema } from '../small-schema.ts';
import { Interpreter, type TreeWorld } from './tree-interpreter.ts';
import { violation, violationOf } from './tree-keeping.ts';
import {
  NURSE_TYPE,
  ORDERED,
  OWN_ASYNC_TYPE,
  PLAIN_TYPE,
  RESULTS_TYPE,
  type Told,
  type TreeMessage,
  type TreeReply,
  VERIFY,
  WHOLE_ASYNC_TYPE,
} from './tree-messages.ts';
import { keyOf } from './tree-model.ts';
import { stateOf, type TreeContext, type TreeState, type TreeTraits } from './tree-states.ts';

type TreeFunction = StatefulFunction<Told, TreeReply, TreeState>;
type NurseMessage = QuarantineEvent | typeof VERIFY;

/** Who is to hear of what fails. */
export const NURSE: FunctionType<NurseMessage, number> = functionType(NURSE_TYPE);

export interface TreeModule extends Module {
  readonly results: Egress<number>;
}

export function treeModule(world: TreeWorld, traits: TreeTraits): TreeModule {
  const results = defineEgress<number>({ type: RESULTS_TYPE });
  const asyncTypes = [WHOLE_ASYNC_TYPE, ...(traits.hasOwn ? [OWN_ASYNC_TYPE] : [])];
  const trees = [plainFunction(world, traits), ...asyncTypes.map((type) => asyncFunction(type, world, traits))];
  const functions = [...trees, nurseFunction()];
  return { ...defineModule({ functions, egresses: [results], onQuarantine: NURSE }), results };
}

const MESSAGES = smallSchema<Told>((told) =>
  told === VERIFY || isAsyncResult(told as Told) || 'tick' in (told as object) || isMessage(told as TreeMessage)
    ? (told as Told)
    : new Refusal('no message of a tree'),
);

function isMessage({ uid, commands }: TreeMessage): boolean {
  return uid >= 0 && Array.isArray(commands);
}

function definitionOf(traits: TreeTraits): Pick<TreeFunction, 'state' | 'failure'> {
  const messages = traits.checks ? { messages: MESSAGES } : {};
  return { state: stateOf(traits), failure: traits.failure, ...messages } as Pick<TreeFunction, 'state' | 'failure'>;
}

function plainFunction(world: TreeWorld, traits: TreeTraits): TreeFunction {
  return defineFunction({
    type: PLAIN_TYPE,
    ...definitionOf(traits),
    invoke: (ctx: TreeContext, told: Told) => invokeTree(world, ctx, told),
  });
}

function asyncFunction(type: string, world: TreeWorld, traits: TreeTraits): TreeFunction {
  return defineFunction({
    type,
    ...definitionOf(traits),
    async invoke(ctx: TreeContext, told: Told) {
      await invokeTree(world, ctx, told);
    },
  });
}

/** Who only stumbles is no concern of hers. */
function nurseFunction(): StatefulFunction<NurseMessage, number> {
  return defineFunction({
    type: NURSE,
    state: { told: value({ initial: 0 }) },
    invoke(ctx, event) {
      if (event === VERIFY) ctx.reply(ctx.state.told);
      else if (event.error.message === ORDERED) ctx.state.told++;
    },
  }) as StatefulFunction<NurseMessage, number>;
}

function invokeTree(world: TreeWorld, ctx: TreeContext, told: Told): void | Promise<void> {
  if (told === VERIFY) return world.violation === undefined ? report(ctx) : violation(world.violation);
  try {
    const message = messageOf(ctx, told);
    const rest = message === undefined ? undefined : new Interpreter(world, ctx, message).run();
    return rest?.catch((error: unknown) => tell(world, error));
  } catch (error) {
    tell(world, error);
  }
}

/** Another attempt may find nothing wrong, so the world hears of what this one has found. */
function tell(world: TreeWorld, thrown: unknown): never {
  const found = violationOf(thrown);
  if (found !== undefined) world.violated(found);
  throw thrown;
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
  const { count, entries, elements, open, tally } = ctx.state;
  const kept: number[] = [];
  for await (const uid of entries.values()) kept.push(uid);
  let openCount = 0;
  for await (const _ of open.keys()) openCount++;
  ctx.reply({ count, tally: tally?.count ?? 0, entries: kept, elements: [...elements.view()], openCount });
}
