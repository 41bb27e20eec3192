/**
 * `npm run test:interop`: Millrace with the official SDKs in four languages, and with a real Flink. Apart from the
 * default run, since it needs tools and packages that not everybody has; what is missing is named and skipped.
 */
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = {
  cacheDir: '.cache/vite',
  test: {
    include: ['test/interop/**/*.interop.ts'],
    pool: 'forks',
    isolate: true,
    // One JVM at a time is enough for small machines.
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 900_000,
  },
};

export default config;
