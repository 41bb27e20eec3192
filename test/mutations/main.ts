/**
 * `npm run mutations -- [--only TEXT] [--list] [--limit SECONDS] [--unchecked]`: plants the bugs of the list one at a
 * time in a private copy of the repository, runs the suites that are to catch each, and says which have. Exits with 1 if
 * any survives. First it checks that the suites pass without a bug, or else failing would prove nothing; `--unchecked`
 * leaves that out. A suite that takes longer than the limit hangs, and has caught the bug.
 */
import { EXIT_INTERRUPTED, readFlags, refuse, wholeNumber } from '../command-line.ts';
import type { Mutation, Suite } from './mutation.ts';
import { MUTATIONS } from './mutations.ts';
import { PrivateCopy } from './private-copy.ts';
import { endAll, runSuite, tryMutation } from './suite-run.ts';

const values = readFlags({
  only: { type: 'string', default: '' },
  list: { type: 'boolean', default: false },
  limit: { type: 'string', default: '300' },
  unchecked: { type: 'boolean', default: false },
});
const limitMs = wholeNumber('limit', values.limit, 1, 100_000) * 1000;
const chosen = MUTATIONS.filter(({ name, file }) => `${name} ${file}`.includes(values.only));
if (chosen.length === 0) refuse(`No mutation is named like "${values.only}"; --list names all.`);

if (values.list) {
  for (const { name, file, why } of chosen) console.log(`${name.padEnd(64)} ${file}\n    ${why}`);
} else {
  process.exitCode = await tryAll();
}

async function tryAll(): Promise<number> {
  const copy = new PrivateCopy();
  const stop = (): never => {
    endAll();
    copy.remove();
    process.exit(EXIT_INTERRUPTED);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    if (!values.unchecked && !(await passUnmutated(copy))) return 1;
    const survivors: string[] = [];
    for (const mutation of chosen) if (!(await tryOne(copy, mutation))) survivors.push(mutation.name);
    console.log(`caught ${chosen.length - survivors.length} of ${chosen.length}`);
    for (const name of survivors) console.log(`  survived: ${name}`);
    return survivors.length === 0 ? 0 : 1;
  } finally {
    copy.remove();
  }
}

async function passUnmutated(copy: PrivateCopy): Promise<boolean> {
  for (const suite of unmutatedSuites()) {
    const { failure, output } = await runSuite(copy, suite, 10 * limitMs);
    if (failure === undefined) continue;
    console.log(`${output}\nwithout any bug: ${suite.args.join(' ')}: ${failure}`);
    return false;
  }
  return true;
}

/** Everything that is used, each once: the longest run of each simulation, and all test files in one run. */
function unmutatedSuites(): Suite[] {
  const simulations = new Map<string, Suite>();
  const tests = new Map<string, string[]>();
  for (const suite of chosen.flatMap(({ suites }) => suites)) {
    const { args } = suite;
    const at = args.indexOf('--seeds') + 1;
    if (at === 0) {
      const head = args.filter((arg) => !arg.endsWith('.test.ts'));
      const files = args.filter((arg) => arg.endsWith('.test.ts'));
      tests.set(head.join(' '), [...new Set([...(tests.get(head.join(' ')) ?? head), ...files])]);
      continue;
    }
    const pins = args.slice(at + 1).join(' ');
    const longest = simulations.get(pins);
    if (longest === undefined || Number(longest.args[at]) < Number(args[at])) simulations.set(pins, suite);
  }
  return [...simulations.values(), ...[...tests.values()].map((args) => ({ name: 'tests', args }))];
}

async function tryOne(copy: PrivateCopy, mutation: Mutation): Promise<boolean> {
  const { caughtBy, failure, seconds } = await tryMutation(copy, mutation, limitMs);
  const outcome = caughtBy === undefined ? 'SURVIVED' : `${caughtBy}: ${failure}`;
  console.log(`${mutation.name.padEnd(64)} ${seconds.toFixed(1).padStart(6)} s  ${outcome}`);
  return caughtBy !== undefined;
}
