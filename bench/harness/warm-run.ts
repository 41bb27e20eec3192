/**
 * How long to run: what is to be measured is run with more and more work until it is warm, and then with as much work as
 * takes the wanted time at the speed seen last; again, if it turns out to have become much faster meanwhile. The last
 * run counts. So a slow rival is measured as long as a fast one, and it is rates that are compared.
 */

/** How much of the wanted time is spent on warming up before. */
const WARM_UP_SHARE = 0.6;
/** One warm-up run may be so many times longer than the one before. */
const GROWTH_MAX = 8;
/** A run that took less than this share of the wanted time is not the last one, unless there have been too many. */
const LENGTH_SHARE = 0.7;
const ATTEMPTS_MAX = 3;

export interface WarmRun {
  readonly work: number;
  readonly seconds: number;
  /** The work of all runs, warming up included. */
  readonly works: readonly number[];
}

/** `run` does so much work and returns how many seconds it took. */
export async function warmRun(
  run: (work: number) => Promise<number>,
  firstWork: number,
  seconds: number,
): Promise<WarmRun> {
  const warmUpSeconds = seconds * WARM_UP_SHARE;
  const works: number[] = [];
  let work = firstWork;
  let warmSeconds = 0;
  let lastSeconds = 0;
  const runOnce = async (): Promise<void> => {
    lastSeconds = await run(work);
    works.push(work);
  };
  while (warmSeconds < warmUpSeconds) {
    await runOnce();
    warmSeconds += lastSeconds;
    const growth = Math.min(warmUpSeconds / lastSeconds, GROWTH_MAX);
    if (warmSeconds < warmUpSeconds) work = Math.max(1, Math.round(work * growth));
  }
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    work = Math.max(1, Math.round((work * seconds) / lastSeconds));
    await runOnce();
    if (lastSeconds >= seconds * LENGTH_SHARE) break;
  }
  return { work, seconds: lastSeconds, works };
}
