/**
 * What a mutation is: one deliberate bug, as a change to one place of one file, and the test commands that are to catch
 * it. Plain data, so that the lists beside this file can be read like a table.
 */

/** One command that passes on the code as it is, run by the Node that runs the tests. */
export interface Suite {
  readonly name: string;
  readonly args: readonly string[];
}

export interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Why it is a bug. */
  readonly why: string;
  /** Tried in order until one fails: the cheapest first. */
  readonly suites: readonly Suite[];
}

/**
 * The simulation for so many seeds from 1 on: at least three times as many as were needed when the mutation was listed.
 * `pins` are options of its command line.
 */
export function seeds(count: number, pins: Readonly<Record<string, number>> = {}): Suite {
  const pinned = Object.entries(pins).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const name = ['sim', count, ...pinned].join(' ');
  return { name, args: ['test/sim/main.ts', '--seed', '1', '--seeds', String(count), ...pinned] };
}

/** The runs in memory only, without a data directory. */
export const IN_MEMORY: Readonly<Record<string, number>> = { workload: 0 };

/** Test files, named without `test/` and `.test.ts`. */
export function tests(...names: readonly string[]): Suite {
  const files = names.map((name) => `test/${name}.test.ts`);
  return {
    name: names.join(' '),
    args: ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', '--bail', '1', ...files],
  };
}
