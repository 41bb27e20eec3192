/**
 * The rules of the house as tables: which room stands on which floor, which door is kept by one file, which names and
 * words are not used here. The checks beside this file read the tables; to change a rule, change it here and say why.
 */

/**
 * Room → floor. A room is a folder of src/, a file that stands directly in src/, or native-free/. A file imports from
 * its own room or from a lower floor; rooms on one floor know nothing of each other.
 */
export const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  sdk: 1,
  // StateFun's vocabulary and protocol, and the functions that speak it: on the words of the SDK alone.
  statefun: 1.5,
  remote: 1.6,
  keys: 2,
  wire: 2,
  ring: 2,
  store: 2,
  metrics: 2,
  state: 3,
  channel: 3,
  snapshot: 3,
  io: 3,
  level: 3,
  timers: 3.5,
  shard: 4,
  engine: 5,
  // Around the engine: each stands alone on it.
  endpoint: 5.5,
  connectors: 5.5,
  http: 5.5,
  cli: 5.5,
  'index.ts': 6,
  'worker.ts': 6,
  'native-free': 6,
  // The simulation runs durable engines on the native-free store, which needs nothing but a file system.
  testing: 6.5,
};

/** Top-level folders whose files are checked, and the ones that they must never import. */
export const CHECKED_FOLDERS: readonly string[] = ['src', 'native-free'];
export const OUTER_FOLDERS: readonly string[] = ['bench', 'test', 'examples'];

/** Packages that at most one file of src/ imports, so that replacing one is a change to one file. */
export const SINGLE_IMPORTER: readonly string[] = [
  'msgpackr',
  'piscina',
  'hdr-histogram-js',
  'classic-level',
  'croner',
  'yaml',
];

/** Name parts that say nothing about what is inside. */
export const BANNED_NAMES: readonly string[] = ['util', 'utils', 'common', 'helper', 'helpers', 'manager', 'misc'];

export interface BannedWord {
  readonly word: string;
  /** Path prefixes in which the word is refused; all checked files when absent. */
  readonly within?: readonly string[];
  /** The files that may use it. */
  readonly except?: readonly string[];
  readonly instead: string;
}

export const BANNED_WORDS: readonly BannedWord[] = [
  {
    word: 'Date.now(',
    except: ['src/base/clock.ts'],
    instead: 'take a Clock (src/base/clock.ts), so that a simulated run can be repeated',
  },
  {
    word: 'Math.random(',
    except: ['src/base/random.ts'],
    instead: 'take a Random (src/base/random.ts), or the seeded generator of src/base/prng.ts',
  },
  {
    word: 'BigInt(',
    within: ['src/shard/', 'src/ring/', 'src/channel/'],
    instead: 'use Int32 positions with wrap-around, or two 32-bit halves: a BigInt allocates on the hot path',
  },
  {
    word: 'setTimeout(',
    within: ['src/shard/', 'src/ring/', 'src/channel/'],
    instead: 'let doWork() look at the Clock: time enters a shard only through its duty cycle',
  },
];

export const MAX_FILE_LINES = 260;
export const MAX_FUNCTION_LINES = 70;

/** What the top level may hold. Everything else has a place inside one of these. */
export const TOP_LEVEL: readonly string[] = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
  '.gitignore',
  '.ci',
  'src',
  'native-free',
  'bench',
  'test',
  'examples',
  // Not in the repository, but found in a working copy.
  '.git',
  '.cache',
  'node_modules',
  'dist',
];
