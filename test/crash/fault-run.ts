/**
 * Makes every call to the file system fail in turn, on the real engine: a small standard workload runs once for each
 * call of each scene and each way to fail, and then a second time without failures. The first may finish, go back to a
 * checkpoint and finish, or end with coded errors; whatever it has acknowledged must be there in the end, once.
 */
import { Prng } from '../../src/base/prng.ts';
import { ERROR_CODES } from '../../src/index.ts';
import { BankLife, type Life } from './bank-life.ts';
import { lifeOf, type Scene, SCENES, type SceneOptions, survey, usedWorld, worldOf } from './bank-scenes.ts';
import type { BankWorld } from './bank-world.ts';
import { type CallPlan, canHappen, describePlan, FAULTS } from './call-plan.ts';
import { type CallPoint, shuffled } from './call-survey.ts';

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
  /** Calls that should have been among them and were not made; by name. */
  readonly missing: readonly string[];
  /** How the first lives ended, and how often. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly complaints: readonly string[];
}

interface SceneFault {
  readonly scene: Scene;
  readonly plan: CallPlan;
}

const INPUT_COUNT = 60;
const TRANSFER_COUNT = 40;
const SHARD_COUNT = 2;
const LANE_COUNT = 2;
/** After so many lives in which something was wrong, no more are begun. */
const WRONG_COUNT_MAX = 5;
/** Faults meet directories that have been used in several ways, if there are many. */
const FAULTS_PER_USED = 32;
const USED_COUNT_MAX = 5;

export async function runFaults(options: FaultOptions): Promise<FaultResult> {
  const { isNativeFree, seed, sampleCount } = options;
  const life = { transferCount: TRANSFER_COUNT };
  const ground = { isNativeFree, seed, inputCount: INPUT_COUNT, scenes: SCENES, shardCount: SHARD_COUNT, life };
  const { points, missing, used: surveyed } = await survey(ground);
  const all = [...points].flatMap(([scene, found]) => found.flatMap((point) => faultsOf(scene, point)));
  const faults = sampleCount === undefined ? all : sample(all, sampleCount, new Prng(seed));
  const used: BankWorld[] = [surveyed];
  while (used.length * FAULTS_PER_USED < faults.length && used.length < USED_COUNT_MAX) {
    used.push(await usedWorld({ ...ground, seed: seed - used.length }));
  }
  const outcomes = new Map<string, number>();
  const complaints: string[] = [];
  let wrongCount = 0;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < faults.length && wrongCount < WRONG_COUNT_MAX) {
      const index = next++;
      const { outcome, wrong } = await tryFault(faults[index], used[index % used.length], ground, seed + index);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (wrong.length > 0) wrongCount++;
      complaints.push(...wrong);
      options.progressed?.(next, faults.length);
    }
  };
  await Promise.all(Array.from({ length: LANE_COUNT }, () => lane()));
  for (const world of used) world.remove();
  return { triedCount: next, allCount: all.length, missing, outcomes, complaints };
}

/** Every way in which each of these calls can fail, once and from then on. */
function faultsOf(scene: Scene, { thread, kind, place, count }: CallPoint): SceneFault[] {
  const ways = FAULTS.filter((how) => canHappen(how, kind));
  return Array.from({ length: count }, (_, index) =>
    ways.flatMap((how) =>
      [false, true].map((isLasting) => ({ scene, plan: { kind, place, thread, nth: index + 1, how, isLasting } })),
    ),
  ).flat();
}

/** Of all points, scenes and ways alike, however often each is called. */
function sample(all: readonly SceneFault[], count: number, prng: Prng): SceneFault[] {
  const groups = Map.groupBy(all, ({ scene, plan }) => describePlan({ ...plan, nth: 0 }) + scene);
  const kinds = shuffled([...groups.values()], prng);
  return Array.from({ length: count }, (_, index) => prng.pick(kinds[index % kinds.length]));
}

async function tryFault(
  { scene, plan }: SceneFault,
  used: BankWorld,
  { isNativeFree, inputCount, shardCount }: SceneOptions,
  seed: number,
): Promise<{ readonly outcome: string; readonly wrong: string[] }> {
  const world = worldOf(scene, used, inputCount, seed);
  const options = { isNativeFree, ...lifeOf(scene, shardCount), transferCount: TRANSFER_COUNT };
  const first = await new BankLife(world, { ...options, ...lifeOf(scene, shardCount, plan) }).ended();
  const wrong = complaintsOf(first, plan);
  // The cause is gone.
  const second = await new BankLife(world, { ...options, plans: [] }).ended();
  wrong.push(...second.errors.map(({ code, message }) => `afterwards, ${code}: ${message}`));
  if (second.states === undefined) wrong.push(`afterwards the process has ${second.end}`);
  else wrong.push(...world.checkEnd(second.states));
  if (wrong.length > 0) {
    const said = first.errors.map(({ code, message }) => `it said ${code}: ${message}`);
    const what = `${scene}, ${describePlan(plan)}, seed ${seed}, kept in ${world.folder}`;
    return { outcome: 'wrong', wrong: [what, ...wrong, ...said] };
  }
  world.remove();
  return { outcome: outcomeOf(first), wrong: [] };
}

/**
 * A life may fail, but not without saying why, and not by itself being ended; and once it runs, not because of one call
 * that is past. A sink is the user's: what has become of its file, and of the file's name in the folder, it cannot know
 * after a failed sync. Nobody else touches the folder once the engine runs.
 */
function complaintsOf({ end, errors, openedMs }: Life, { place, isLasting }: CallPlan): string[] {
  const complaints: string[] = [];
  const isOfSink = place === 'output' || place === 'folder';
  const isPast = isLasting !== true && !isOfSink && openedMs !== undefined;
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
