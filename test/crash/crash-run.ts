/**
 * Kills banks, one world after the other: so many lives in each, the last of which finishes and is compared with the
 * oracle. Where and when to kill is decided by the seed; where exactly a process is when time is up is not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/base/prng.ts';
import { type Deed, DEEDS } from './bank-deeds.ts';
import { BankLife, type Life, type LifeOptions } from './bank-life.ts';
import { lifeOf, newWorld, type Scene, SCENES, survey, type Survey } from './bank-scenes.ts';
import type { BankWorld } from './bank-world.ts';
import { type CallPlan, canHappen, type Kill, KILLS } from './call-plan.ts';
import { type CallPoint, shuffled } from './call-survey.ts';
import { CrashTally } from './crash-tally.ts';

export interface CrashOptions {
  readonly killCount: number;
  readonly seed: number;
  readonly isNativeFree: boolean;
  /** One world has the first number of shards, the next the next, and so on. */
  readonly shardCounts: readonly number[];
  /** Whether every life of a world may have another number of shards. */
  readonly isResharded?: boolean;
  /** What `surveyCrashes` has found over the same store; made anew when absent. */
  readonly found?: CrashSurvey;
  /** Called after every kill. */
  readonly progressed?: (killCount: number) => void;
}

export interface CrashResult {
  readonly tally: CrashTally;
  /** Points at which lives should have come by, and did not; by name. */
  readonly missing: readonly string[];
  /** What is wrong. The folder of a world in which something is, is kept. */
  readonly complaints: readonly string[];
}

/** Points at which lives can be killed. It is good for any number of runs, of all shard counts. */
export type CrashSurvey = Pick<Survey, 'points' | 'missing'>;

/** A point and what happens there; where in its `count` calls is drawn. */
type KillPoint = CallPoint & { readonly how: Kill };
type KillPoints = ReadonlyMap<Scene, readonly KillPoint[]>;

const KILLS_PER_WORLD = 20;
/** Of so many kills one waits for a deed. */
const DEED_KILLS = 3;
/** Deeds that shards or the engine fail of. */
const ORDEALS: readonly (Deed | undefined)[] = ['stopped', 'quarantined'];
/** Once in the first worlds nobody is there for so long: two times of what rings each second are in it. */
const OUTAGE_MS = 2_000;
const INPUT_COUNT = 1_500;
/** Worlds at the same time. */
const LANE_COUNT = 2;
/** What clients still hand in in the life that finishes. */
const LAST_TRANSFER_COUNT = 20;
/** A kill from outside comes in the first so many milliseconds of a process, or after so many commits. */
const START_MS_MAX = 400;
const COMMIT_COUNT_MAX = 40;
/** If a call that was to kill has not come after so many commits, the process is killed from outside. */
const PATIENCE_COUNT = 30;
/** How often a life begins with a savepoint, if there is one, or has its shards go back. */
const SAVEPOINT_SHARE = 0.2;
const GOING_BACK_SHARE = 0.1;
const GOING_BACK_CODES = ['SHARD_RECOVERING', 'SAVEPOINT_FAILED'];

export async function surveyCrashes({
  isNativeFree,
  seed,
}: Pick<CrashOptions, 'isNativeFree' | 'seed'>): Promise<CrashSurvey> {
  const ground = { isNativeFree, seed, inputCount: INPUT_COUNT, scenes: SCENES, shardCount: 2 };
  const { points, missing, used } = await survey({ ...ground, life: { killAfterCommits: PATIENCE_COUNT } });
  used.remove();
  return { points, missing };
}

export async function runCrashes(options: CrashOptions): Promise<CrashResult> {
  const { seed, killCount } = options;
  const { points, missing } = options.found ?? (await surveyCrashes(options));
  const killPoints = new Map([...points].map(([scene, found]) => [scene, killPointsOf(found, new Prng(seed))]));
  const tally = new CrashTally();
  const complaints: string[] = [];
  const worldCount = Math.ceil(killCount / KILLS_PER_WORLD);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < worldCount && complaints.length === 0) {
      const index = next++;
      const killsOfWorld = Math.min(KILLS_PER_WORLD, killCount - index * KILLS_PER_WORLD);
      complaints.push(...(await new CrashWorld(options, index, killPoints, tally).run(killsOfWorld)));
    }
  };
  await Promise.all(Array.from({ length: LANE_COUNT }, () => lane()));
  return { tally, missing, complaints };
}

/** In an order in which one after the other is taken, so that all get their turn. */
function killPointsOf(points: readonly CallPoint[], prng: Prng): KillPoint[] {
  const all = points.flatMap((point) =>
    KILLS.filter((how) => canHappen(how, point.kind)).map((how) => ({ ...point, how })),
  );
  return shuffled(all, prng);
}

class CrashWorld {
  readonly #options: CrashOptions;
  readonly #index: number;
  readonly #points: KillPoints;
  readonly #tally: CrashTally;
  readonly #prng: Prng;
  readonly #world: BankWorld;

  constructor(options: CrashOptions, index: number, points: KillPoints, tally: CrashTally) {
    this.#options = options;
    this.#index = index;
    this.#points = points;
    this.#tally = tally;
    this.#prng = new Prng(options.seed + index * 7_919);
    this.#world = newWorld(INPUT_COUNT, options.seed + index * 7_919);
  }

  /** Returns what is wrong. */
  async run(killCount: number): Promise<string[]> {
    const complaints: string[] = [];
    for (let kill = 0; kill < killCount && complaints.length === 0; kill++) {
      if (this.#index < LANE_COUNT && kill === Math.floor(killCount / 2)) await sleep(OUTAGE_MS);
      // A new version of the code is deployed in the midst of it.
      complaints.push(...(await this.#kill(kill, kill < killCount / 2)));
    }
    complaints.push(...(await this.#finish(killCount)));
    if (complaints.length === 0) this.#world.remove();
    else complaints.unshift(`world ${this.#index} of seed ${this.#options.seed}, kept in ${this.#world.folder}:`);
    return complaints.slice(0, 20);
  }

  async #kill(kill: number, isFirstVersion: boolean): Promise<string[]> {
    const { isNativeFree } = this.#options;
    const prng = this.#prng;
    const deed = deedOf(this.#index, kill);
    const scene = this.#scene(kill);
    const isPlanned = deed === undefined && prng.chance(0.85);
    const plan = isPlanned ? this.#plan(scene, kill) : undefined;
    const killed = deed === undefined ? killingTime(prng, plan) : { killAfterDeed: deed };
    const { plans, savepointAfterCommits } = lifeOf(scene, 0, plan);
    const saved = ORDEALS.includes(deed) ? {} : { savepointAfterCommits };
    const options = { plans, ...saved, ...killed, shardCount: this.#shardCount(kill) };
    const life = await new BankLife(this.#world, { isNativeFree, isFirstVersion, ...options }).ended();
    this.#tally.addKill(this.#world, plan, life);
    this.#options.progressed?.(this.#tally.killCount);
    return [...complaintsOf(life, plan, scene), ...this.#world.checkOutput()];
  }

  async #finish(kill: number): Promise<string[]> {
    const { isNativeFree } = this.#options;
    const options = { isNativeFree, shardCount: this.#shardCount(kill), transferCount: LAST_TRANSFER_COUNT };
    const last = await new BankLife(this.#world, options).ended();
    this.#tally.addLast(this.#world, last);
    const complaints = complaintsOf(last, undefined, 'used');
    if (last.states === undefined) complaints.push(`the last life did not finish: ${last.end}`);
    else complaints.push(...this.#world.checkEnd(last.states));
    this.#tally.addWorld(this.#world);
    return complaints;
  }

  /** How the next life begins, and what happens in it. */
  #scene(kill: number): Scene {
    const drawn = this.#prng.fraction();
    if (kill === 0) return 'new';
    const { savepoints } = this.#world;
    if (drawn < SAVEPOINT_SHARE && savepoints.isMade) {
      this.#world.goBackToSavepoint();
      return 'from a savepoint';
    }
    if (savepoints.from !== undefined) return 'from a savepoint';
    if (drawn > 1 - GOING_BACK_SHARE) return 'going back';
    return this.#shardCount(kill) === this.#shardCount(kill - 1) ? 'used' : 'resharded';
  }

  #shardCount(life: number): number {
    const { shardCounts, isResharded } = this.#options;
    const index = isResharded === true ? this.#index + life : this.#index;
    return shardCounts[index % shardCounts.length] ?? 1;
  }

  #plan(scene: Scene, kill: number): CallPlan | undefined {
    const points = this.#points.get(scene) ?? [];
    const point = points[(this.#index * KILLS_PER_WORLD + kill) % points.length];
    if (point === undefined) return undefined;
    const { kind, place, thread, how, count } = point;
    // The first ones more often: a life that is killed does not come as far as the one that was surveyed.
    return { kind, place, thread, how, nth: 1 + this.#prng.below(1 + this.#prng.below(count)) };
  }
}

/** Now and then a kill waits for what does not happen in every life; so all of it has happened before some kill. */
function deedOf(world: number, kill: number): Deed | undefined {
  if (kill % DEED_KILLS !== DEED_KILLS - 1) return undefined;
  const deedCount = Math.floor(KILLS_PER_WORLD / DEED_KILLS);
  return DEEDS[(world * deedCount + Math.floor(kill / DEED_KILLS)) % DEEDS.length];
}

/** Errors, and ends that are none of ours. */
function complaintsOf(life: Life, plan: CallPlan | undefined, scene: Scene): string[] {
  const isExpected = (code: string): boolean => scene === 'going back' && GOING_BACK_CODES.includes(code);
  const errors = life.errors.filter(({ code }) => !isExpected(code));
  const complaints = errors.map(({ code, message }) => `${code}: ${message}`);
  const isStopped = life.end === 'failed' && life.seen.includes('stopped');
  if (life.end === 'hung' || (life.end === 'failed' && !isStopped)) complaints.push(`the process has ${life.end}`);
  if (life.end === 'plan' && plan === undefined) complaints.push('the process was killed by nobody');
  return complaints;
}

function killingTime(
  prng: Prng,
  plan: CallPlan | undefined,
): Pick<LifeOptions, 'killAfterStartMs' | 'killAfterCommits'> {
  if (plan !== undefined) return { killAfterCommits: PATIENCE_COUNT };
  return prng.chance(0.3)
    ? { killAfterStartMs: prng.below(START_MS_MAX) }
    : { killAfterCommits: prng.below(COMMIT_COUNT_MAX) };
}
