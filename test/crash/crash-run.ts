/**
 * Kills banks, one world after the other: so many lives in each, the last of which finishes and is compared with the
 * oracle. Where and when to kill is decided by the seed; where exactly a process is when time is up is not.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/base/prng.ts';
import { type Deed, DEEDS } from './bank-deeds.ts';
import { BankLife, type Life, type LifeOptions } from './bank-life.ts';
import { BankWorld } from './bank-world.ts';
import { callPoints, type CallPlan, canHappen, KILLS } from './call-plan.ts';
import { CrashTally } from './crash-tally.ts';

export interface CrashOptions {
  readonly killCount: number;
  readonly seed: number;
  readonly isNativeFree: boolean;
  /** One world has the first number of shards, the next the next, and so on. */
  readonly shardCounts: readonly number[];
  /** Whether every life of a world may have another number of shards. */
  readonly isResharded?: boolean;
  /** Called after every kill. */
  readonly progressed?: (killCount: number) => void;
}

export interface CrashResult {
  readonly tally: CrashTally;
  /** What is wrong. The folder of a world in which something is, is kept. */
  readonly complaints: readonly string[];
}

const KILLS_PER_WORLD = 20;
/** Of so many kills one waits for a deed. */
const DEED_KILLS = 3;
/** Once in the first worlds nobody is there for so long: two times of what rings each second are in it. */
const OUTAGE_MS = 2_000;
const INPUT_COUNT = 8_000;
/** Worlds at the same time. */
const LANE_COUNT = 2;
/** What clients still hand in in the life that finishes. */
const LAST_TRANSFER_COUNT = 20;
/** A kill from outside comes in the first so many milliseconds of a process, or after so many commits. */
const START_MS_MAX = 400;
const COMMIT_COUNT_MAX = 60;
/** If a call that was to kill has not come after so many commits, the process is killed from outside. */
const PATIENCE_COUNT = 60;

export async function runCrashes(options: CrashOptions): Promise<CrashResult> {
  const tally = new CrashTally();
  const complaints: string[] = [];
  const worldCount = Math.ceil(options.killCount / KILLS_PER_WORLD);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < worldCount && complaints.length === 0) {
      const index = next++;
      const killCount = Math.min(KILLS_PER_WORLD, options.killCount - index * KILLS_PER_WORLD);
      complaints.push(...(await runWorld(options, index, killCount, tally)));
    }
  };
  await Promise.all(Array.from({ length: LANE_COUNT }, () => lane()));
  return { tally, complaints };
}

/** Returns what is wrong. */
async function runWorld(options: CrashOptions, index: number, killCount: number, tally: CrashTally): Promise<string[]> {
  const { isNativeFree, seed } = options;
  const prng = new Prng(seed + index * 7_919);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
  const world = new BankWorld(folder, INPUT_COUNT, prng);
  const complaints: string[] = [];
  for (let kill = 0; kill < killCount && complaints.length === 0; kill++) {
    const shardCount = shardCountOf(options, index, kill);
    const killAfterDeed = deedOf(index, kill);
    if (index < LANE_COUNT && kill === Math.floor(killCount / 2)) await sleep(OUTAGE_MS);
    const isPlanned = killAfterDeed === undefined && prng.chance(0.85);
    const plan = isPlanned ? killingPlan(prng, isNativeFree) : undefined;
    const killed = killAfterDeed === undefined ? killingTime(prng, plan) : { killAfterDeed };
    // A new version of the code is deployed in the midst of it.
    const isFirstVersion = kill < killCount / 2;
    const life = await new BankLife(world, { isNativeFree, shardCount, plan, isFirstVersion, ...killed }).ended();
    tally.addKill(world, plan, life);
    complaints.push(...complaintsOf(life, plan), ...world.checkOutput());
    options.progressed?.(tally.killCount);
  }
  const shardCount = shardCountOf(options, index, killCount);
  const last = await new BankLife(world, { isNativeFree, shardCount, transferCount: LAST_TRANSFER_COUNT }).ended();
  tally.addLast(world, last);
  complaints.push(...complaintsOf(last, undefined));
  if (last.states === undefined) complaints.push(`the last life did not finish: ${last.end}`);
  else complaints.push(...world.checkEnd(last.states));
  tally.addWorld(world);
  if (complaints.length === 0) world.remove();
  else complaints.unshift(`world ${index} of seed ${seed}, kept in ${folder}:`);
  return complaints.slice(0, 20);
}

/** Now and then a kill waits for what does not happen in every life; so all of it has happened before some kill. */
function deedOf(world: number, kill: number): Deed | undefined {
  if (kill % DEED_KILLS !== DEED_KILLS - 1) return undefined;
  const deedCount = Math.floor(KILLS_PER_WORLD / DEED_KILLS);
  return DEEDS[(world * deedCount + Math.floor(kill / DEED_KILLS)) % DEEDS.length];
}

function shardCountOf({ shardCounts, isResharded }: CrashOptions, world: number, life: number): number {
  const index = isResharded === true ? world + life : world;
  return shardCounts[index % shardCounts.length] ?? 1;
}

/** Errors, and ends that are none of ours. */
function complaintsOf(life: Life, plan: CallPlan | undefined): string[] {
  const complaints = life.errors.map(({ code, message }) => `${code}: ${message}`);
  const isStopped = life.end === 'failed' && life.seen.includes('stopped');
  if (life.end === 'hung' || (life.end === 'failed' && !isStopped)) complaints.push(`the process has ${life.end}`);
  if (life.end === 'plan' && plan === undefined) complaints.push('the process was killed by nobody');
  return complaints;
}

function killingPlan(prng: Prng, isNativeFree: boolean): CallPlan {
  const { kind, thread, count } = prng.pick(callPoints(isNativeFree));
  const how = prng.pick(KILLS.filter((each) => canHappen(each, kind)));
  return { kind, how, thread, nth: 1 + prng.below(count) };
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
