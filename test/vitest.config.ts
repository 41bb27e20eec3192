/**
 * The one test run: everything that can be wrong with the project is a test file under test/. Forked processes, not
 * threads, since the engine under test starts threads of its own and some tests load native addons.
 *
 * What runs on one thread comes first, a file a core. Tests that start threads or processes of their own would only
 * take each other's cores away, and some measure time; so they come afterwards, with a core left free.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { ViteUserConfig } from 'vitest/config';

// Every start of an engine compiles it in each thread, and tests start hundreds; with compiled code at hand that takes half
// as long. Children of tests have it from here, too.
process.env['NODE_COMPILE_CACHE'] ??= resolve('.cache/compiled');

const ALL = 'test/**/*.test.ts';
const ONE_THREAD = ['mutations', 'sim', 'tidy', 'types', 'unit'].map((folder) => `test/${folder}/**/*.test.ts`);

const shared = {
  pool: 'forks' as const,
  // Said aloud, so that the runner does not advise against it below its summary.
  isolate: true,
  // Only what hangs ends by these: no test takes a tenth of them alone, and a slow machine is no failure.
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 600_000 } },
};
const coreCount = availableParallelism();
const oneThread = {
  name: 'one thread',
  include: ONE_THREAD,
  // Every core runs a file of its own, so a collector with threads beside it only takes processor time from others.
  execArgv: ['--single-threaded-gc'],
  maxWorkers: coreCount,
  sequence: { groupOrder: 0 },
};
const manyThreads = {
  name: 'many threads',
  include: [ALL],
  exclude: ONE_THREAD,
  maxWorkers: Math.max(1, coreCount - 1),
  sequence: { groupOrder: 1 },
};

const config: ViteUserConfig = {
  cacheDir: '.cache/vite',
  test: {
    projects: [{ test: { ...shared, ...oneThread } }, { test: { ...shared, ...manyThreads } }],
  },
};

export default config;
