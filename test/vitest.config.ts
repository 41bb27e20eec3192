/**
 * The one test run: everything that can be wrong with the project is a test file under test/. Forked processes, not
 * threads, since the engine under test starts threads of its own and some tests load native addons.
 *
 * A file a core. The few that take minutes come first, so that in the end none of them runs alone. Tests that start
 * threads or processes of their own share the machine with others like that: they wait for what they are about, and
 * measure no time that a crowded machine could lengthen without their trying again.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { ViteUserConfig } from 'vitest/config';

// Every start of an engine compiles it in each thread, and tests start hundreds; with compiled code at hand that takes half
// as long. Children of tests have it from here, too.
process.env['NODE_COMPILE_CACHE'] ??= resolve('.cache/compiled');

const folders = (...names: string[]): string[] => names.map((name) => `test/${name}/**/*.test.ts`);
const LONG = [...folders('crash', 'mutations', 'sim'), 'test/race/*-model.test.ts', 'test/bench/bench.test.ts'];
const ONE_THREAD = folders('types', 'unit');
/** Threads that wait for each other without ever giving up their cores. */
const ALONE = ['test/race/ring-race.test.ts'];

const shared = {
  pool: 'forks' as const,
  // Said aloud, so that the runner does not advise against it below its summary.
  isolate: true,
  maxWorkers: availableParallelism(),
  // Only what hangs ends by these: no test takes a tenth of them alone, and a slow machine is no failure.
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 600_000 } },
};
// Every core runs a file of its own, so a collector with threads beside it only takes processor time from others.
const execArgv = ['--single-threaded-gc'];
const long = { name: 'long', include: LONG, execArgv, sequence: { groupOrder: 0 } };
// No file of these leaves anything behind in its process, so that the next one finds all modules loaded there.
const oneThread = { name: 'one thread', include: ONE_THREAD, execArgv, isolate: false, sequence: { groupOrder: 1 } };
const manyThreads = {
  name: 'many threads',
  include: ['test/**/*.test.ts'],
  exclude: [...LONG, ...ONE_THREAD, ...ALONE],
  sequence: { groupOrder: 1 },
};
const alone = { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } };

const config: ViteUserConfig = {
  cacheDir: '.cache/vite',
  test: {
    projects: [long, oneThread, manyThreads, alone].map((project) => ({ test: { ...shared, ...project } })),
  },
};

export default config;
