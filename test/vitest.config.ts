/**
 * The one test run: everything that can be wrong with the project is a test file under test/. Forked processes, not
 * threads, since the engine under test starts threads of its own and some tests load native addons.
 */
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = {
  cacheDir: '.cache/vite',
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Said aloud, so that the runner does not advise against it below its summary.
    isolate: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

export default config;
