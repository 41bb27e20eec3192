/**
 * The command line of the benchmarks. Every quantity has two defaults: `real`, which gives the figures, and `smoke`,
 * which only shows that everything still runs and still computes what it should.
 */
import { parseArgs } from 'node:util';
import type { SizeFlag } from './heed.ts';
import type { Outputs } from './outputs.ts';

export interface Options {
  readonly size: 'real' | 'smoke';
  /** One line of JSON per result on the standard output, and everything for people on the standard error. */
  readonly json: boolean;
  /** Only benchmarks whose name contains one of these; all when there are none. */
  readonly only: readonly string[];
  /** Only rivals whose name contains this. */
  readonly against: string;
  /** How long one contender is measured in one round. */
  readonly seconds: number;
  /** How often each contender is measured; they take turns. */
  readonly rounds: number;
  /** Shards of the engine, and worker threads of the rivals that have several. */
  readonly shards: number;
  readonly entities: number;
  /** Set only when it was asked for: some benchmarks have a number of entities of their own. */
  readonly entitiesGiven: number | undefined;
  /** Where it matters: is told how many entities a benchmark has that has a number of its own. */
  readonly noteEntities?: (count: number) => void;
  /** Messages in flight for each shard. */
  readonly inflight: number;
  /** How long a message is where that can be chosen, without what surrounds it; its benchmark's own unless given. */
  readonly bytes: number | undefined;
  /** Time between two checkpoints where there is one that often; its benchmark's own unless given. */
  readonly intervalMs: number | undefined;
}

const DEFAULTS = {
  real: { seconds: 2, rounds: 5, shards: 2, entities: 100_000, inflight: 2_000 },
  smoke: { seconds: 0.02, rounds: 1, shards: 2, entities: 2_000, inflight: 100 },
} as const;

const ENTITIES_MAX = 100_000_000;
const BYTES_MAX = 64 << 20;

export const USAGE: string = `npm run bench -- [options]

  --smoke            runs everything in small, within a minute or so; the figures then mean nothing
  --json             prints one line of JSON per result
  --only TEXT        runs only the benchmark of that name, or all whose name contains TEXT; may be given several times
  --against TEXT     runs only rivals whose name contains TEXT
  --seconds N        measures each contender this long in each round      (${DEFAULTS.real.seconds})
  --rounds N         measures each contender this often, in turns         (${DEFAULTS.real.rounds})
  --shards N         shards, and worker threads of rivals                 (${DEFAULTS.real.shards})
  --entities N       entities of all-to-all and of the entity look-up     (${DEFAULTS.real.entities});
                     others have numbers of their own unless this is given, see --list
  --inflight N       messages in flight for each shard                    (${DEFAULTS.real.inflight})
  --bytes N          length of the messages of flows and of YCSB's records, in bytes
  --interval MS      time between checkpoints; flows in memory become durable by it
  --record           appends the results to bench/history/, with commit, machine and Node
  --history DIR      another folder for that
  --html FILE        writes a report with plots that opens in any browser
  --hgrm DIR         writes latency distributions as .hgrm files, for HDR plotters
  --compare REF      measures this working copy against another commit, by turns
  --profile [DIR]    writes a CPU profile of each thread to DIR (.cache/profile), and says where their time has gone
  --list             names all benchmarks and their rivals, and says which of these are not here
`;

export interface CommandLine {
  readonly options: Options;
  /** Those of the flags for sizes that were given. */
  readonly sizesGiven: readonly SizeFlag[];
  readonly outputs: Outputs;
  /** The commit to compare with; empty unless asked for. */
  readonly compareRef: string;
  /** Where CPU profiles go; empty unless asked for. */
  readonly profileDirectory: string;
  readonly list: boolean;
  readonly help: boolean;
}

/** Throws an `Error` with a sentence for the user. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      smoke: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] as string[] },
      against: { type: 'string', default: '' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      shards: { type: 'string' },
      entities: { type: 'string' },
      inflight: { type: 'string' },
      bytes: { type: 'string' },
      interval: { type: 'string' },
      record: { type: 'boolean', default: false },
      history: { type: 'string' },
      hgrm: { type: 'string' },
      html: { type: 'string' },
      compare: { type: 'string', default: '' },
      profile: { type: 'string', default: '' },
    },
  });
  refuseContradictions(values);
  const size = values.smoke ? 'smoke' : 'real';
  const defaults = DEFAULTS[size];
  const options = {
    size,
    json: values.json,
    only: values.only,
    against: values.against,
    seconds: quantity('seconds', values.seconds, defaults.seconds, 0.001, 3_600, false),
    rounds: quantity('rounds', values.rounds, defaults.rounds, 1, 1_000, true),
    shards: quantity('shards', values.shards, defaults.shards, 1, 256, true),
    entities: quantity('entities', values.entities, defaults.entities, 1, ENTITIES_MAX, true),
    entitiesGiven:
      values.entities === undefined ? undefined : quantity('entities', values.entities, 0, 1, ENTITIES_MAX, true),
    inflight: quantity('inflight', values.inflight, defaults.inflight, 1, 100_000, true),
    bytes: values.bytes === undefined ? undefined : quantity('bytes', values.bytes, 0, 1, BYTES_MAX, true),
    intervalMs:
      values.interval === undefined ? undefined : quantity('interval', values.interval, 0, 1, 3_600_000, true),
  } as const;
  const outputs = {
    record: values.record,
    historyDirectory: values.history,
    hgrmDirectory: values.hgrm,
    htmlFile: values.html,
  };
  const sizes: readonly SizeFlag[] = ['shards', 'entities', 'inflight', 'bytes', 'interval'];
  return {
    options,
    sizesGiven: sizes.filter((flag) => values[flag] !== undefined),
    outputs,
    compareRef: values.compare,
    profileDirectory: values.profile,
    list: values.list,
    help: values.help,
  };
}

/** What cannot go together, or would be left aside without a word. */
function refuseContradictions(values: Readonly<Record<string, unknown>>): void {
  const has = (name: string): boolean => values[name] !== undefined && values[name] !== false && values[name] !== '';
  if (has('record') && has('smoke')) throw new Error('--record keeps figures, and those of --smoke mean nothing.');
  if (has('record') && has('profile')) {
    throw new Error('--record keeps figures, and those of --profile are of a program that is being looked at.');
  }
  const unheeded = ['html', 'record', 'hgrm', 'history', 'profile'].find((name) => has('compare') && has(name));
  if (unheeded !== undefined)
    throw new Error(`--compare prints its verdicts and nothing else: --${unheeded} has no effect.`);
  if (has('compare') && has('against')) throw new Error('--compare measures no rivals: --against has no effect.');
  if (has('history') && !has('record') && !has('html')) {
    throw new Error('--history has no effect without --record, which writes there, or --html, which reads there.');
  }
}

/** How many entities a benchmark has whose number is not that of all-to-all; `small` is that of the smoke size. */
export function entityCount(options: Options, real: number, small: number = options.entities): number {
  const count = options.entitiesGiven ?? (options.size === 'smoke' ? small : real);
  options.noteEntities?.(count);
  return count;
}

function quantity(
  name: string,
  given: string | undefined,
  byDefault: number,
  min: number,
  max: number,
  whole: boolean,
): number {
  if (given === undefined) return byDefault;
  const value = Number(given);
  if (given.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new Error(`--${name} is "${given}"; allowed is a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
}
