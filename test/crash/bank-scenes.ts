/**
 * The kinds of lives that differ in the calls they make: how a life begins, and whether its shards go back to a
 * checkpoint in the midst of it. Whoever wants to kill or to fail such a life at a call first has one surveyed.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../../src/base/prng.ts';
import { BankLife, type LifeOptions } from './bank-life.ts';
import { BankWorld } from './bank-world.ts';
import type { CallPlan } from './call-plan.ts';
import { type CallPoint, mergePoints, missingPoints, readSurvey } from './call-survey.ts';

export const SCENES = ['new', 'used', 'resharded', 'from a savepoint', 'going back'] as const;
export type Scene = (typeof SCENES)[number];

export interface SceneOptions {
  readonly isNativeFree: boolean;
  readonly seed: number;
  /** Of the file. */
  readonly inputCount: number;
  readonly scenes: readonly Scene[];
  readonly shardCount: number;
  /** What all lives do that are surveyed. */
  readonly life: Partial<LifeOptions>;
}

export interface Survey {
  readonly points: ReadonlyMap<Scene, readonly CallPoint[]>;
  /** What none of them has come to, although it should; by name. */
  readonly missing: readonly string[];
  /** The world that they began with, to be gone on with or removed. */
  readonly used: BankWorld;
}

/** A shard's write fails, so all shards go back. */
export const GOES_BACK: CallPlan = { kind: 'write', place: 'changelog', thread: 'worker', nth: 60, how: 'EIO' };

/** A savepoint is asked for, and a delta is left behind that is not committed. */
const SAVEPOINT_AFTER = 8;
const UNCOMMITTED: CallPlan = { kind: 'sync', place: 'changelog', thread: 'main', nth: 30, how: 'before' };
/** Whether a delta begins a new segment, which is removed then and not cut off, is chance. */
const ATTEMPTS = 4;

export function newWorld(inputCount: number, seed: number): BankWorld {
  return new BankWorld(newFolder(), inputCount, new Prng(seed));
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'millrace-bank-'));
}

/** A directory as two lives have left it that were killed, with a savepoint that the first has made. */
export async function usedWorld({ isNativeFree, seed, inputCount, shardCount }: SceneOptions): Promise<BankWorld> {
  const world = newWorld(inputCount, seed);
  const life = { isNativeFree, shardCount, isFirstVersion: true };
  await new BankLife(world, { ...life, savepointAfterCommits: SAVEPOINT_AFTER, killAfterDeed: 'saved' }).ended();
  await new BankLife(world, { ...life, plans: [UNCOMMITTED] }).ended();
  return world;
}

/** A world in which the next life is one of the scene, if it is started so; all but `new` stand as `used` does. */
export function worldOf(scene: Scene, used: BankWorld, inputCount: number, seed: number): BankWorld {
  if (scene === 'new') return newWorld(inputCount, seed);
  const world = used.copy(newFolder(), new Prng(seed));
  if (scene === 'from a savepoint') world.goBackToSavepoint();
  return world;
}

/** What makes a life one of the scene, beside its world. */
export function lifeOf(
  scene: Scene,
  shardCount: number,
  plan?: CallPlan,
): Pick<LifeOptions, 'shardCount' | 'plans' | 'savepointAfterCommits'> {
  const first = scene === 'going back' ? [GOES_BACK] : [];
  return {
    shardCount: scene === 'resharded' ? shardCount + 1 : shardCount,
    plans: plan === undefined ? first : [...first, plan],
    savepointAfterCommits: SAVEPOINT_AFTER,
  };
}

/** Counts the calls of a life of each scene, again if there is one that none of them has come to. */
export async function survey(options: SceneOptions): Promise<Survey> {
  const points = new Map<Scene, CallPoint[]>();
  for (let attempt = 1; ; attempt++) {
    const seed = options.seed + attempt;
    const used = await usedWorld({ ...options, seed });
    for (const scene of options.scenes) {
      const found = await surveyScene(scene, used, { ...options, seed });
      points.set(scene, mergePoints([...(points.get(scene) ?? []), ...found]));
    }
    const missing = missingPoints([...points.values()].flat(), options.isNativeFree);
    if (missing.length === 0 || attempt === ATTEMPTS) return { points, missing, used };
    used.remove();
  }
}

async function surveyScene(scene: Scene, used: BankWorld, options: SceneOptions): Promise<CallPoint[]> {
  const { isNativeFree, inputCount, seed, shardCount, life } = options;
  const world = worldOf(scene, used, inputCount, seed);
  const path = join(world.folder, 'survey');
  await new BankLife(world, { isNativeFree, ...lifeOf(scene, shardCount), survey: path, ...life }).ended();
  const points = readSurvey(path);
  world.remove();
  return points;
}
