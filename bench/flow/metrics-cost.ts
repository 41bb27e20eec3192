/**
 * What it costs that a living engine counts and times its messages, and is asked for that twice a second.
 *
 * ```
 *   asked            ▐▐▐▐▐                 ▐▐▐▐▐   flow, metering, metrics() and latency()
 *   never asked           ▐▐▐▐▐       ▐▐▐▐▐        flow, metering
 *   metered alike              ▐▐▐▐▐ ▐             flow, metering with the switch in another position
 *   nothing metered                 ▐              flow                                               time ─▶
 * ```
 *
 * The flows are those of `all-to-all.ts` and `one-to-one.ts`, in memory. A cost of a few per cent is less than what a
 * machine's speed changes from one second to the next, and less than what two engines differ by that are started alike. So
 * it is one engine, whose metering is switched (`metering-switch.ts`), by turns of a fraction of a second; each comes
 * first as often as last, and ratios are those of turns of the same cycle. Each ratio is a median, and beside it stands
 * half of its 95 % interval. `never asked` beside `metered alike` is the control: both meter, and the switch is thrown for
 * either, so it has to be 1 as far as that. Beside the rates stands the processor time that all threads of the process took
 * for a message, which others on the machine change less. The checksum is the sum of all counters.
 */
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { median, medianError } from '../harness/statistics.ts';
import { warmRun } from '../harness/warm-run.ts';
import { burstsOf } from './burst-flow.ts';
import { type EngineSession, openEngine } from './engine-flow.ts';
import { idOnShard } from './entity-ids.ts';
import { messageCounter } from './flow-contender.ts';
import { installSwitch, METERING, type Position, setMetering } from './metering-switch.ts';
import { oneToOneSpec } from './one-to-one.ts';
import { type ModuleFlow, randomTargets } from './random-targets.ts';
import { switched } from './switched-module.ts';

/** How long a turn is: each has one question, which makes two a second; who watches an engine asks once in some seconds. */
const TURN_SECONDS = 0.5;
/** A turn that has just begun would be arranged otherwise by being asked, and stay so. */
const ASK_AFTER_MS = 200;
/** Each kind of turn is measured for so many times `--seconds`: single turns differ by several per cent. */
const SECONDS_TIMES = 10;
const CYCLES_MIN = 3;
const FIRST_ROUNDS = 4;
/** In the order of a cycle, and where the switch stands in each. */
const POSITIONS = {
  asked: 'on',
  'never asked': 'on',
  'metered alike': 'alike',
  'nothing metered': 'off',
} as const satisfies Record<string, Position>;
type Kind = keyof typeof POSITIONS;
const KINDS = Object.keys(POSITIONS) as Kind[];
/** What is compared, by what it is called. */
const RATIOS = {
  'beside nothing metered': ['asked', 'nothing metered'],
  'beside never asked': ['asked', 'never asked'],
  'never asked, beside nothing metered': ['never asked', 'nothing metered'],
  'never asked, beside metered alike': ['never asked', 'metered alike'],
} as const satisfies Record<string, readonly [Kind, Kind]>;
const TIME = 'processor time, ';
/** Under 3 % may be lost, and no more than that taken. */
const RATE_REQUIRED = 0.97;
const TIME_REQUIRED = 1.03;

/** What one turn has shown. */
interface Turn {
  readonly rate: number;
  /** Microseconds a message. */
  readonly processorTime: number;
}
type Cycle = Record<Kind, Turn>;

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
    describe: () => `${flowName} in memory, while metrics() and latency() are called twice a second`,
    figures: [],
    limits: [
      { of: 'beside nothing metered, ×', atLeast: RATE_REQUIRED },
      { of: `${TIME}beside nothing metered, ×`, atMost: TIME_REQUIRED },
    ],
    contenders: (options) => [contender(flow(options), options)],
  };
}

function contender({ module, setting }: ModuleFlow, { shards, seconds }: Options): Contender {
  return {
    name: OURS,
    async measure() {
      const restore = installSwitch();
      const session = await openEngine(switched(module), shards, setting);
      try {
        return await new MeteredTurns(session, shards, messageCounter(setting)).measure(seconds);
      } finally {
        await session.close();
        restore();
      }
    },
  };
}

class MeteredTurns {
  readonly #session: EngineSession;
  readonly #switches: readonly string[];
  readonly #messages: (rounds: number) => number;
  #expected = 0;

  constructor(session: EngineSession, shards: number, messages: (rounds: number) => number) {
    this.#session = session;
    this.#switches = Array.from({ length: shards }, (_, shard) => idOnShard('switch', shard, shards));
    this.#messages = messages;
  }

  async measure(seconds: number): Promise<Measurement> {
    await this.#session.takeSum();
    const turnSeconds = Math.min(TURN_SECONDS, (seconds * SECONDS_TIMES) / CYCLES_MIN);
    const warm = await warmRun((rounds) => this.#turn('asked', rounds), FIRST_ROUNDS, seconds / 2);
    const rounds = Math.max(1, Math.round((warm.work * turnSeconds) / warm.seconds));
    // Once, so that all that is compiled has seen all kinds.
    await this.#cycle(KINDS, rounds);
    const cycles: Cycle[] = [];
    for (let cycle = 0; cycle < Math.ceil((seconds * SECONDS_TIMES) / turnSeconds); cycle++) {
      cycles.push(await this.#cycle(orderOf(cycle), rounds));
    }
    const processorTimes = cycles.map((turns) => turns['nothing metered'].processorTime);
    const sum = await this.#session.takeSum();
    return {
      value: median(cycles.map(({ asked }) => asked.rate)),
      named: {
        ...compared(cycles, '', 'rate'),
        ...compared(cycles, TIME, 'processorTime'),
        [`${TIME}nothing metered, µs`]: median(processorTimes),
      },
      checksum: String(sum),
      expected: String(this.#expected),
    };
  }

  async #cycle(order: readonly Kind[], rounds: number): Promise<Cycle> {
    const turns: Partial<Cycle> = {};
    const messages = this.#messages(rounds);
    for (const kind of order) {
      const before = process.cpuUsage();
      const seconds = await this.#turn(kind, rounds);
      const { user, system } = process.cpuUsage(before);
      turns[kind] = { rate: messages / seconds, processorTime: (user + system) / messages };
    }
    return turns as Cycle;
  }

  /** Returns how many seconds it took. */
  async #turn(kind: Kind, rounds: number): Promise<number> {
    await this.#switchTo(POSITIONS[kind]);
    this.#expected += this.#messages(rounds);
    const work = this.#session.run(rounds);
    return kind === 'asked' ? await whileAsked(this.#session.engine, work) : await work;
  }

  async #switchTo(position: Position): Promise<void> {
    const { engine } = this.#session;
    setMetering(position);
    for (const id of this.#switches) await engine.send(METERING, id, position, { until: 'accepted' });
    await engine.drained();
  }
}

function compared(cycles: readonly Cycle[], prefix: string, of: keyof Turn): Record<string, number> {
  const named: Record<string, number> = {};
  for (const [name, [one, other]] of Object.entries(RATIOS)) {
    const ratios = cycles.map((turns) => turns[one][of] / turns[other][of]);
    named[`${prefix}${name}, ×`] = median(ratios);
    named[`${prefix}${name}, ±`] = medianError(ratios);
  }
  return named;
}

/** Over four cycles each kind is in each place once, and over eight, also behind each of its neighbours. */
function orderOf(cycle: number): readonly Kind[] {
  const first = cycle % KINDS.length;
  const order = [...KINDS.slice(first), ...KINDS.slice(0, first)];
  return Math.floor(cycle / KINDS.length) % 2 === 0 ? order : order.toReversed();
}

/** A program that has the engine tell what it has counted and timed while this work lasts. */
async function whileAsked(engine: Engine, work: Promise<number>): Promise<number> {
  let question: Promise<unknown> | undefined;
  const ask = (): void => {
    question = Promise.all([engine.metrics(), engine.latency()]);
  };
  const timer = setTimeout(ask, ASK_AFTER_MS);
  try {
    const took = await work;
    await question;
    return took;
  } finally {
    clearTimeout(timer);
  }
}
