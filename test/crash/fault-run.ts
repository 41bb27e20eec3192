/**
 * Makes every call to the file system fail in turn, on the real engine: a small standard workload runs once for each
 * call and each way to fail, and then a second time without failures. The first may finish, go back to a checkpoint and
 * finish, or end with coded errors; whatever it has acknowledged must be there in the end, once.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../../src/base/prng.ts';
import { ERROR_CODES } from '../../src/index.ts';
import { BankLife, type Life } from './bank-life.ts';
import { BankWorld } from './bank-world.ts';
import { type CallKind, type CallPlan, canHappen, describePlan, FAULTS, type ThreadKind } from './call-plan.ts';

export interface FaultOptions {
  readonly isNativeFree: boolean;
  readonly seed: number;
  /** How many of all faults are tried; all when absent. */
  readonly sampleCount?: number;
  readonly progressed?: (count: number, all: number) => void;
}

export interface FaultResult {
  readonly triedCount: number;
  /** How many faults there are. */
  readonly allCount: number;
  /** How the first lives ended, and how often. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly complaints: readonly string[];
}

const SHARD_COUNT = 2;
const INPUT_COUNT = 60;
const TRANSFER_COUNT = 40;
const LANE_COUNT = 2;

export async function runFaults(options: FaultOptions): Promise<FaultResult> {
  const { isNativeFree, seed, sampleCount } = options;
  const all = faultsOf(await survey(isNativeFree, seed));
  const prng = new Prng(seed);
  const plans = sampleCount === undefined ? all : sample(all, sampleCount, prng);
  const outcomes = new Map<string, number>();
  const complaints: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < plans.length && complaints.length === 0) {
      const index = next++;
      const { outcome, wrong } = await tryFault(plans[index], isNativeFree, seed + index);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      complaints.push(...wrong);
      options.progressed?.(next, plans.length);
    }
  };
  await Promise.all(Array.from({ length: LANE_COUNT }, () => lane()));
  return { triedCount: next, allCount: all.length, outcomes, complaints };
}

function newWorld(seed: number): BankWorld {
  return new BankWorld(mkdtempSync(join(tmpdir(), 'millrace-fault-')), INPUT_COUNT, new Prng(seed));
}

/** How often each call happens in the workload: in a new directory, and when that is opened again. */
async function survey(isNativeFree: boolean, seed: number): Promise<Map<string, number>> {
  const world = newWorld(seed);
  const counts = new Map<string, number>();
  for (let life = 0; life < 2; life++) {
    const path = join(world.folder, `survey-${life}`);
    const options = { isNativeFree, shardCount: SHARD_COUNT, transferCount: TRANSFER_COUNT, survey: path };
    await new BankLife(world, options).ended();
    const found = new Map<string, number>();
    for (const call of readFileSync(path, 'utf8').trimEnd().split('\n')) found.set(call, (found.get(call) ?? 0) + 1);
    for (const [call, count] of found) counts.set(call, Math.max(count, counts.get(call) ?? 0));
  }
  world.remove();
  return counts;
}

/** Every way in which each of these calls can fail, once and from then on. */
function faultsOf(counts: ReadonlyMap<string, number>): CallPlan[] {
  return [...counts].flatMap(([call, count]) => {
    const [thread, kind] = call.split('/') as [ThreadKind, CallKind];
    // All workers together were counted.
    const nthMax = thread === 'main' ? count : Math.ceil(count / SHARD_COUNT);
    const ways = FAULTS.filter((how) => canHappen(how, kind));
    return Array.from({ length: nthMax }, (_, index) =>
      ways.flatMap((how) => [false, true].map((isLasting) => ({ kind, thread, nth: index + 1, how, isLasting }))),
    ).flat();
  });
}

/** Of all kinds alike, however often each is called. */
function sample(all: readonly CallPlan[], count: number, prng: Prng): CallPlan[] {
  const groups = Map.groupBy(all, ({ kind, thread, how }) => `${kind} ${thread} ${how}`);
  const kinds = [...groups.values()];
  return Array.from({ length: count }, (_, index) => prng.pick(kinds[index % kinds.length]));
}

async function tryFault(
  plan: CallPlan,
  isNativeFree: boolean,
  seed: number,
): Promise<{ readonly outcome: string; readonly wrong: string[] }> {
  const world = newWorld(seed);
  const options = { isNativeFree, shardCount: SHARD_COUNT, transferCount: TRANSFER_COUNT };
  // Half of them meet a directory that has been used, by an earlier version of the code.
  if (seed % 2 === 1) await new BankLife(world, { ...options, killAfterCommits: 20, isFirstVersion: true }).ended();
  const first = await new BankLife(world, { ...options, plan }).ended();
  const wrong = complaintsOf(first, plan);
  // The cause is gone.
  const second = await new BankLife(world, options).ended();
  wrong.push(...second.errors.map(({ code, message }) => `afterwards, ${code}: ${message}`));
  if (second.states === undefined) wrong.push(`afterwards the process has ${second.end}`);
  else wrong.push(...world.checkEnd(second.states));
  if (wrong.length > 0) {
    const said = first.errors.map(({ code, message }) => `it said ${code}: ${message}`);
    return {
      outcome: 'wrong',
      wrong: [`${describePlan(plan)}, seed ${seed}, kept in ${world.folder}`, ...wrong, ...said],
    };
  }
  world.remove();
  return { outcome: outcomeOf(first), wrong: [] };
}

/**
 * A life may fail, but not without saying why, and not by itself being ended; and once it runs, not because of one call
 * that is past. A sink is the user's: what has become of its file it cannot know after a failed sync.
 */
function complaintsOf({ end, errors, openedMs }: Life, { kind, isLasting }: CallPlan): string[] {
  const complaints: string[] = [];
  const isPast = isLasting !== true && !kind.startsWith('sink') && openedMs !== undefined;
  if (isPast && end === 'failed') complaints.push('the process has failed of a call that failed once');
  if (end === 'hung' || end === 'plan') complaints.push(`the process has ended by ${end}`);
  if (end === 'failed' && errors.length === 0) complaints.push('the process has failed and not said why');
  for (const { code, message } of errors) {
    if (!(ERROR_CODES as readonly string[]).includes(code))
      complaints.push(`an error without a code: ${code}: ${message}`);
  }
  return complaints;
}

function outcomeOf({ end, errors, openedMs }: Life): string {
  const codes = [...new Set(errors.map(({ code }) => code))].toSorted().join(', ');
  if (openedMs === undefined) return `not started: ${codes}`;
  if (end === 'finished') return codes === '' ? 'finished' : `finished after ${codes}`;
  return `failed: ${codes}`;
}
