/**
 * The forest of the bank: some arrivals plant a tree of commands there, the same trees that the simulation and the smoke
 * test grow, drawn from the number of the transfer. All of the programming model that they know comes so under the kills:
 * what their functions hold in the end, and what of them has failed for ever, must be what their model says.
 */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/base/prng.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { type AsyncResult, type Context, defineEgress, type Engine, isAsyncResult } from '../../src/index.ts';
import { Attempts } from '../smoke/attempts.ts';
import type { Root, Target } from '../smoke/command-tree.ts';
import { treeModule } from '../smoke/tree-functions.ts';
import { TreeGenerator } from '../smoke/tree-generator.ts';
import {
  idOf,
  NOBODY_TYPE,
  NURSE_TYPE,
  RESULTS_TYPE,
  TREE_TYPES,
  type TreeMessage,
  type TreeReport,
  typeOf,
  VERIFY,
} from '../smoke/tree-messages.ts';
import { lineOf, Model } from '../smoke/tree-model.ts';
import { WHOLE_OPTIONS } from '../smoke/tree-options.ts';
import { traitsOf } from '../smoke/tree-states.ts';
import { VERSION_VARIABLE } from './bank-ledger.ts';
import type { Transfer } from './bank-module.ts';

/** Trees of one forest have numbers of their own; none has as many commands. */
const UIDS_PER_TREE = 10_000;
const INSTANCE_COUNT = 6;
const OPTIONS = {
  ...WHOLE_OPTIONS,
  numberOfFunctionInstances: INSTANCE_COUNT,
  commandDepth: 6,
  maxCommandsPerDepth: 5,
  failPr: 0.05,
  stumblePr: 0.1,
  // The bank has its own traces, and nobody waits for an answer.
  askPr: 0,
  tracedPr: 0,
};
/** However slow the machine is. */
const PATIENT = { timeoutMs: 300_000 };
const REST_MS = 100;

/** How a forest stands: what each address holds, by its name, and which messages are dead letters. */
export type ForestState = Readonly<Record<string, string>>;

export const isPlanted = ({ amount }: Transfer): boolean => amount % 8 === 0;

const ways = [() => Promise.resolve(), () => setImmediate(), () => sleep(1)];
let turn = 0;
const pause = (): Promise<void> => ways[turn++ % ways.length]();
const attempts = new Attempts();
let found: string | undefined;

const version = process.env[VERSION_VARIABLE] === '1' ? 1 : 2;
export const { functions: forestFunctions } = treeModule(
  {
    pause,
    operate: pause,
    attempt: (uid) => attempts.next(uid),
    hasOtherTraces: true,
    violated(what) {
      found ??= what;
    },
    get violation() {
      return found;
    },
  },
  traitsOf(OPTIONS, version, version === 2),
);
/** Nobody looks at them. */
export const results = defineEgress<number>({ type: RESULTS_TYPE, sink: { write() {} } });

function treeOf({ id }: Transfer): Root {
  const [kind, number] = id.split('-');
  const firstUid = (2 * Number(number) + (kind === 'file' ? 1 : 0)) * UIDS_PER_TREE;
  return new TreeGenerator(new Prng(hashId(id)), OPTIONS, firstUid).root();
}

export function plant(ctx: Pick<Context, 'send'>, transfer: Transfer): void {
  const { to, uid, commands } = treeOf(transfer);
  ctx.send(typeOf(to), idOf(to.instance), { uid, commands } satisfies TreeMessage);
}

function modelOf(transfers: Iterable<Transfer>): Model {
  const model = new Model(OPTIONS.attempts);
  for (const transfer of transfers) if (isPlanted(transfer)) model.add(treeOf(transfer));
  return model;
}

/** Those who are to say how they stand. */
export function treesOf(transfers: Iterable<Transfer>): readonly Target[] {
  return modelOf(transfers).targets();
}

export function expectedForest(transfers: Iterable<Transfer>): ForestState {
  const model = modelOf(transfers);
  const held = model.targets().map((target) => [`${typeOf(target)} ${target.instance}`, model.line(target)] as const);
  const instances = Array.from({ length: INSTANCE_COUNT }, (_, instance) => instance);
  const told = instances.map((instance) => [`nurse ${instance}`, String(model.toldAt(instance))] as const);
  return { ...Object.fromEntries([...held, ...told]), failed: inOrder(model.failed) };
}

/** Waits until all schedules have come. */
export async function askForest(
  bank: Engine,
  targets: readonly Target[],
  again: () => Promise<void>,
): Promise<ForestState> {
  const reports = await Promise.all(targets.map((target) => report(bank, target)));
  if (reports.some(({ openCount }) => openCount > 0)) {
    await sleep(REST_MS);
    await again();
    return await askForest(bank, targets, again);
  }
  const held = targets.map(
    (target, index) => [`${typeOf(target)} ${target.instance}`, lineOf(reports[index])] as const,
  );
  const instances = Array.from({ length: INSTANCE_COUNT }, (_, instance) => instance);
  const told = await Promise.all(instances.map((instance) => bank.ask(NURSE_TYPE, idOf(instance), VERIFY, PATIENT)));
  const nurses = instances.map((instance) => [`nurse ${instance}`, String(told[instance])] as const);
  return { ...Object.fromEntries([...held, ...nurses]), failed: inOrder(await failedIn(bank)) };
}

async function report(bank: Engine, target: Target): Promise<TreeReport> {
  return (await bank.ask(typeOf(target), idOf(target.instance), VERIFY, PATIENT)) as TreeReport;
}

async function failedIn({ deadLetters }: Engine): Promise<number[]> {
  const failed: number[] = [];
  for await (const { target, message } of deadLetters.list()) {
    if (!TREE_TYPES.includes(target.type) && target.type !== NOBODY_TYPE) continue;
    const told = message as TreeMessage | AsyncResult<TreeMessage>;
    failed.push(isAsyncResult(told) ? told.metadata.uid : told.uid);
  }
  return failed;
}

function inOrder(uids: readonly number[]): string {
  return uids.toSorted((a, b) => a - b).join(' ');
}
