/**
 * How long a cut stops a shard: all-to-all on a million entities that are all in memory, with a checkpoint every 100 ms.
 *
 * ```
 *   ┌ shard ──────────────────────────────────────────────┐
 *   │ message, message, message, ▒▒ cut ▒▒ message, message, … │      500,000 entities, 2,000 messages in flight
 *   │     each looks at the clock; the longest gap in          │      marker every 100 ms ──▶ cut, changelog
 *   │     each window of 100 ms is kept                        │
 *   └─────────────────────────────────────────────────────┘
 * ```
 *
 * What is measured is not the work of the cut by itself, but everything for which a shard does not come round to its
 * messages: the cut, encoding, folding, collecting garbage, and the operating system giving the core to somebody else.
 * Stalls of the shard's own doing are without the last of these (`CoreWait`), since nobody's code can do anything about
 * that where there are more busy threads than cores; they are what the limits are for. Beside them stands what of a stall
 * was work on the checkpoint itself (`durable-watch.ts`): the part that slices bound.
 * A window is as long as the time between two checkpoints, so it has about one cut; the percentiles are those of the
 * longest gap of each window, over all shards. Single gaps would look a thousand times better and mean nothing.
 *
 * So it is to be read beside the rivals: the same without checkpoints (what a cut adds), and as many threads that only
 * look at the clock (what the operating system does by itself). The checksum is the sum of all counters, for ours after
 * a reopen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, type Contender, type Limit, type Measurement, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { clockLoops } from '../rival/clock-loop.ts';
import { type EngineSession, openDurableEngine, openEngine } from './engine-flow.ts';
import { idOnShard } from './entity-ids.ts';
import { type FlowSetting, messageCounter } from './flow-contender.ts';
import { inflightWith } from './message-body.ts';
import { bodyText } from './random-targets.ts';
import { mergeStalls, type Stalls, stallFigures, WINDOW_MS } from './stall-windows.ts';

const MODULE = new URL('./cut-stall-module.ts', import.meta.url);
const ENTITIES = 1_000_000;
const FIRST_ROUNDS = 4;
/** Percentiles of windows want many windows. */
const TIME_FACTOR = 5;
const SECONDS_MIN = 0.35;
/** How much longer the load lasts than the windows. */
const LOAD_FACTOR = 1.6;
const SETTLING_MS = 200;
const WORST = 'longest stall, µs';
const OWN_P50 = 'of its own doing, p50, µs';
const OWN_P99 = 'of its own doing, p99, µs';
const OWN_WORST = 'of its own doing, longest, µs';
const CHECKPOINT_P50 = 'work on a checkpoint, p50, µs';
const CHECKPOINT_P99 = 'work on a checkpoint, p99, µs';
const CHECKPOINT_WORST = 'work on a checkpoint, longest, µs';
const PROCESSED = { until: 'processed', timeoutMs: 60_000 } as const;

const LIMITS: readonly Limit[] = [
  { of: OWN_P99, atMost: 1_000 },
  { of: OWN_WORST, atMost: 5_000, over: 'every round' },
];

export const cutStall: Benchmark = {
  name: 'cut-stall',
  unit: 'µs',
  describe(options) {
    const entities = entityCount(options, ENTITIES).toLocaleString('en-US');
    return `${entities} entities in memory, full load; p99 of the longest stall of a shard in each ${WINDOW_MS} ms, with a cut in each${bodyText(options)}`;
  },
  figures: [],
  limits: ({ bytes }) => (bytes === undefined ? LIMITS : []),
  contenders(options) {
    const { shards, intervalMs = WINDOW_MS } = options;
    const seconds = Math.max(options.seconds * TIME_FACTOR, SECONDS_MIN);
    const setting = settingFor(options);
    return [
      contender(OURS, setting, seconds, () => openDurableEngine(MODULE, shards, setting, intervalMs)),
      contender(`${OURS}, in memory only`, setting, seconds, () => openEngine(MODULE, shards, setting)),
      {
        name: 'threads that only look at the clock',
        async measure() {
          return measurement(await clockLoops(shards, seconds), shards, shards);
        },
      },
    ];
  },
};

function settingFor(options: Options): FlowSetting {
  const entities = entityCount(options, ENTITIES);
  const { bytes } = options;
  const chains = inflightWith(bytes, options.inflight * options.shards);
  if (bytes === undefined) return { topology: { kind: 'all-to-all', entities }, chains };
  return { topology: { kind: 'large', entities, bytes, isSkewed: false }, chains };
}

function measurement(stalls: Stalls, checksum: number, expected: number): Measurement {
  const { percentiles, worst } = stallFigures(stalls.wall);
  const own = stallFigures(stalls.own);
  return {
    value: percentiles.p99,
    percentiles,
    named: {
      [WORST]: worst,
      [OWN_P50]: own.percentiles.p50,
      [OWN_P99]: own.percentiles.p99,
      [OWN_WORST]: own.worst,
      ...workFigures(stalls.checkpoint.filter((us) => us > 0)),
    },
    checksum: String(checksum),
    expected: String(expected),
  };
}

/** Of the windows in which there was any: none where no checkpoints are made. */
function workFigures(checkpoint: readonly number[]): Record<string, number> {
  if (checkpoint.length === 0) return {};
  const { percentiles, worst } = stallFigures(checkpoint);
  return { [CHECKPOINT_P50]: percentiles.p50, [CHECKPOINT_P99]: percentiles.p99, [CHECKPOINT_WORST]: worst };
}

function contender(name: string, setting: FlowSetting, seconds: number, open: () => Promise<EngineSession>): Contender {
  return {
    name,
    async measure(progress) {
      const session = await open();
      try {
        progress('touching all entities');
        await session.takeSum();
        progress('measuring');
        return await measureStalls(session, setting, seconds);
      } finally {
        await session.close();
      }
    },
  };
}

async function measureStalls(session: EngineSession, setting: FlowSetting, seconds: number): Promise<Measurement> {
  const warm = await warmRun((rounds) => session.run(rounds), FIRST_ROUNDS, seconds / TIME_FACTOR);
  const works = [...warm.works];
  let stalls: Stalls | undefined;
  for (let factor = LOAD_FACTOR; stalls === undefined; factor *= 2) {
    const rounds = Math.ceil((warm.work / warm.seconds) * (seconds * factor + SETTLING_MS / 1000));
    works.push(rounds);
    stalls = await stallsUnderLoad(session, rounds, seconds);
  }
  const messages = messageCounter(setting);
  await session.reopen();
  const sum = await session.takeSum();
  const expected = works.reduce((total, rounds) => total + messages(rounds), 0);
  return measurement(stalls, sum, expected);
}

/** Undefined when the load has ended first: then the last windows would show shards that have nothing to do. */
async function stallsUnderLoad(session: EngineSession, rounds: number, seconds: number): Promise<Stalls | undefined> {
  let isLoaded = true;
  const load = session.run(rounds).finally(() => {
    isLoaded = false;
  });
  // Whoever waits for it comes later.
  load.catch(() => {});
  await sleep(SETTLING_MS);
  await takeStalls(session, true);
  await sleep(seconds * 1000);
  const stalls = await takeStalls(session, false);
  const isUseful = isLoaded && stalls.wall.length > 0;
  await load;
  return isUseful ? stalls : undefined;
}

/** Of all shards. */
async function takeStalls({ engine }: EngineSession, goesOn: boolean): Promise<Stalls> {
  const shards = Array.from({ length: engine.shardCount }, (_, shard) =>
    idOnShard('witness', shard, engine.shardCount),
  );
  const stalls = await Promise.all(shards.map((id) => engine.ask('bench/stalls', id, { goesOn }, PROCESSED)));
  return mergeStalls(stalls as Stalls[]);
}
