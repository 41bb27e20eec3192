/**
 * The one test run: everything that can be wrong with the project is a test file under test/. Forked processes, not
 * threads, since the engine under test starts threads of its own and some tests load native addons.
 *
 * A file a core, the few that take minutes first, so that in the end none of them runs alone. The others that start threads
 * or processes of their own come last, one after the other, with a core left free: they take about half of the machine.
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
  exclude: [...LONG, ...ONE_THREAD],
  maxWorkers: Math.max(1, availableParallelism() - 1),
  sequence: { groupOrder: 2 },
};

const config: ViteUserConfig = {
  cacheDir: '.cache/vite',
  test: {
    projects: [long, oneThread, manyThreads].map((project) => ({ test: { ...shared, ...project } })),
  },
};

export default config;
