/**
 * `npm run bench`: runs the benchmarks, ours and their rivals side by side, and says which figures are reached. Exits
 * with 1 when the work of any of them did not come to what it had to; a figure that is missed is only reported, since it
 * depends on the machine. How to read the output stands in `bench/README.md`.
 */
import { BENCHMARKS } from './catalogue.ts';
import { describeMachine, machineWarnings } from './harness/machine.ts';
import type { Benchmark, Progress } from './harness/benchmark.ts';
import { type Options, parseCommandLine, USAGE } from './harness/options.ts';
import { resultLines, table } from './harness/report.ts';
import { type BenchmarkRun, chooseContenders, failedChecksums, runBenchmark } from './harness/rounds.ts';

async function main(): Promise<number> {
  const { options, list, help } = parseCommandLine(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const chosen = BENCHMARKS.filter(({ name }) => name.includes(options.only));
  if (chosen.length === 0) throw new Error(`No benchmark is named like "${options.only}"; --list names all.`);
  if (list) {
    for (const benchmark of chosen) console.log(listing(benchmark, options));
    return 0;
  }
  return await runAll(chosen, options);
}

function listing(benchmark: Benchmark, options: Options): string {
  const names = chooseContenders(benchmark, options).map(({ name }) => `  ${name}`);
  return [`${benchmark.name}: ${benchmark.describe(options)}`, ...names].join('\n');
}

async function runAll(benchmarks: readonly Benchmark[], options: Options): Promise<number> {
  const say = options.json ? console.error : console.log;
  say(describeMachine());
  for (const warning of machineWarnings(options)) say(`Warning: ${warning}`);
  const wrong: string[] = [];
  for (const benchmark of benchmarks) {
    say(`\n${benchmark.name}: ${benchmark.describe(options)}`);
    const run = await runBenchmark(benchmark, options, progressLine());
    progressLine()('');
    report(run, options);
    wrong.push(...failedChecksums(run));
  }
  for (const failure of wrong) console.error(`WRONG: ${failure}`);
  return wrong.length === 0 ? 0 : 1;
}

function report(run: BenchmarkRun, options: Options): void {
  if (options.json) for (const line of resultLines(run)) console.log(JSON.stringify(line));
  (options.json ? console.error : console.log)(table(run));
}

/** One line on a terminal, rewritten in place; nothing anywhere else. */
function progressLine(): Progress {
  if (!process.stderr.isTTY) return () => {};
  return (text) => process.stderr.write(`\r\x1b[K${text}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error && error.cause === undefined ? error.message : error);
  process.exitCode = 2;
}
