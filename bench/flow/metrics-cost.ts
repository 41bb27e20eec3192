/**
 * What it costs that a living engine counts and times its messages, and is asked for that ten times a second.
 *
 * ```
 *   asked            ▐▐▐▐▐         ▐▐▐▐▐         flow, meters of the shards, metrics() and latency()
 *   never asked           ▐▐▐▐▐         ▐▐▐▐▐    flow, meters of the shards
 *   nothing metered  …                           flow                                          time ─▶
 * ```
 *
 * The flows are those of `all-to-all.ts` and `one-to-one.ts`, in memory. A cost of a few per cent is less than what a
 * machine's speed changes from one second to the next, so there are no rivals that wait for their turn: all three engines
 * are there at once, run by turns for a fraction of a second each, and ratios are those of turns that follow each other.
 * The checksum is the sum of all counters of the three.
 */
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { median } from '../harness/statistics.ts';
import { warmRun } from '../harness/warm-run.ts';
import { burstsOf } from './burst-flow.ts';
import { type EngineSession, openEngine } from './engine-flow.ts';
import { messageCounter } from './flow-contender.ts';
import { oneToOneSpec } from './one-to-one.ts';
import { type ModuleFlow, randomTargets } from './random-targets.ts';

const UNMETERED_MODULE = new URL('./unmetered-module.ts', import.meta.url);
const ASK_MS = 100;
/** How long a turn is, how often that is asked, and how many turns there must be. */
const TURN_SECONDS = 0.2;
const QUESTIONS_A_TURN = 2;
const TURNS_MIN = 3;
const FIRST_ROUNDS = 4;
const BESIDE_NEVER_ASKED = 'beside never asked, ×';
const BESIDE_UNMETERED = 'beside nothing metered, ×';
/** Under 3 % may be lost. */
const REQUIRED = 0.97;

export const metricsCost: readonly Benchmark[] = [
  metricsCostOf('all-to-all', ({ entities, inflight, shards }) =>
    randomTargets('all-to-all', { entities, inflight, shards, bytes: undefined }),
  ),
  metricsCostOf('one-to-one', ({ inflight, shards }) =>
    burstsOf(oneToOneSpec({ shards }), { inflight, shards, bytes: undefined }),
  ),
];

function metricsCostOf(flowName: string, flow: (options: Options) => ModuleFlow): Benchmark {
  return {
    name: `metrics-cost, ${flowName}`,
    unit: 'messages/s',
    describe: () => `${flowName} in memory, while metrics() and latency() are called ten times a second`,
    figures: [],
    limits: [{ of: BESIDE_UNMETERED, atLeast: REQUIRED }],
    contenders: (options) => [contender(flow(options), options)],
  };
}

function contender({ module, setting }: ModuleFlow, { shards, seconds }: Options): Contender {
  return {
    name: OURS,
    async measure() {
      const sessions: EngineSession[] = [];
      try {
        for (const each of [module, module, unmetered(module)]) sessions.push(await openEngine(each, shards, setting));
        return await measureByTurns(sessions, messageCounter(setting), seconds);
      } finally {
        for (const session of sessions) await session.close();
      }
    },
  };
}

function unmetered(module: URL): URL {
  const whole = new URL(UNMETERED_MODULE);
  whole.searchParams.set('module', module.href);
  return whole;
}

/** The first of the sessions is the one that is asked, the last the one that meters nothing. */
async function measureByTurns(
  sessions: readonly EngineSession[],
  messages: (rounds: number) => number,
  seconds: number,
): Promise<Measurement> {
  const runs = sessions.map((session, index) => (rounds: number): Promise<number> => {
    const work = session.run(rounds);
    return index === 0 ? whileAsked(session.engine, work) : work;
  });
  const turnSeconds = Math.min(TURN_SECONDS, seconds / TURNS_MIN);
  let expected = 0;
  let rounds = Number.POSITIVE_INFINITY;
  for (const [index, run] of runs.entries()) {
    await sessions[index].takeSum();
    const warm = await warmRun(run, FIRST_ROUNDS, seconds / 2);
    for (const work of warm.works) expected += messages(work);
    rounds = Math.min(rounds, Math.max(1, Math.round((warm.work * turnSeconds) / warm.seconds)));
  }
  const rates = runs.map((): number[] => []);
  for (let turn = 0; turn < Math.ceil(seconds / turnSeconds); turn++) {
    for (const [index, run] of runs.entries()) rates[index].push(messages(rounds) / (await run(rounds)));
    expected += runs.length * messages(rounds);
  }
  let sum = 0;
  for (const session of sessions) sum += await session.takeSum();
  const [asked, neverAsked, unmeteredRates] = rates;
  const beside = (others: readonly number[]): number => median(others.map((rate, turn) => asked[turn] / rate));
  return {
    value: median(asked),
    named: { [BESIDE_NEVER_ASKED]: beside(neverAsked), [BESIDE_UNMETERED]: beside(unmeteredRates) },
    checksum: String(sum),
    expected: String(expected),
  };
}

/** A program that has the engine tell what it has counted and timed, as long as this work lasts. */
async function whileAsked(engine: Engine, work: Promise<number>): Promise<number> {
  const questions: Promise<unknown>[] = [];
  const ask = (): void => {
    // A turn may take longer than it was meant to.
    if (questions.length < QUESTIONS_A_TURN) questions.push(Promise.all([engine.metrics(), engine.latency()]));
  };
  const timer = setInterval(ask, ASK_MS);
  ask();
  try {
    const took = await work;
    await Promise.all(questions);
    return took;
  } finally {
    clearInterval(timer);
  }
}
