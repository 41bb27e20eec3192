/**
 * `npm run bench`: runs the benchmarks, ours and their rivals side by side, and says which figures are reached. Exits
 * with 1 when the work of any of them did not come to what it had to, and with 130 after Ctrl-C, having shown what there
 * was; a figure that is missed is only reported, since it depends on the machine. How to read the output stands in
 * `bench/README.md`.
 */
import { BENCHMARKS } from './catalogue.ts';
import { compare } from './compare/compare.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { ROOT, versionOf } from './harness/commit.ts';
import { writeHgrmFiles } from './harness/hgrm-files.ts';
import { appendHistory, HISTORY_DIRECTORY, historyLines, readHistory } from './harness/history.ts';
import { Interruption } from './harness/interruption.ts';
import { describeMachine, machineWarnings } from './harness/machine.ts';
import { type CommandLine, type Options, type Outputs, parseCommandLine, USAGE } from './harness/options.ts';
import { ProgressLine } from './harness/progress-line.ts';
import { resultLines, table } from './harness/report.ts';
import { profileRun, withoutProfile } from './profile/profile-run.ts';
import { type BenchmarkRun, chooseContenders, failedChecksums, runBenchmark } from './harness/rounds.ts';
import { writeHtmlReport } from './report/html-report.ts';

const INTERRUPTED_CODE = 130;

async function main(): Promise<number> {
  const commandLine = parseCommandLine(process.argv.slice(2));
  const { options, list, help } = commandLine;
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const chosen = choose(options.only);
  if (list) {
    for (const benchmark of chosen) console.log(listing(benchmark, options));
    return 0;
  }
  if (commandLine.profileDirectory !== '') {
    const args = withoutProfile(process.argv.slice(2));
    return profileRun(process.argv[1], args, commandLine.profileDirectory);
  }
  const interruption = new Interruption();
  const wrong = await (commandLine.compareRef === ''
    ? runAll(chosen, commandLine, interruption)
    : compareAll(chosen, commandLine, interruption));
  for (const failure of wrong) console.error(`WRONG: ${failure}`);
  if (interruption.isInterrupted) {
    console.error('Interrupted: what is shown is what there was.');
    // Threads of the turn that was given up may still run.
    process.exit(INTERRUPTED_CODE);
  }
  return wrong.length === 0 ? 0 : 1;
}

function choose(only: readonly string[]): readonly Benchmark[] {
  const nobody = only.find((text) => !BENCHMARKS.some(({ name }) => name.includes(text)));
  if (nobody !== undefined) throw new Error(`No benchmark is named like "${nobody}"; --list names all.`);
  return BENCHMARKS.filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)));
}

function listing(benchmark: Benchmark, options: Options): string {
  const names = chooseContenders(benchmark, options).map(({ name }) => `  ${name}`);
  return [`${benchmark.name}: ${benchmark.describe(options)}`, ...names].join('\n');
}

/** Tables go to the standard output, or make room for JSON there. */
function sayerFor({ json }: Options): (text: string) => void {
  return json ? console.error : console.log;
}

/** Returns what did not come to what it had to. */
async function runAll(
  benchmarks: readonly Benchmark[],
  { options, outputs }: CommandLine,
  interruption: Interruption,
): Promise<string[]> {
  const say = sayerFor(options);
  sayMachine(options, say);
  const turns = benchmarks.reduce((sum, of) => sum + chooseContenders(of, options).length, 0) * options.rounds;
  const line = new ProgressLine(turns);
  const wrong: string[] = [];
  const runs: BenchmarkRun[] = [];
  for (const benchmark of benchmarks) {
    say(`\n${benchmark.name}: ${benchmark.describe(options)}`);
    const run = await runBenchmark(benchmark, options, {
      progress: line.say,
      interruption,
      turnOver: () => line.turnOver(),
    });
    line.clear();
    if (run.standings.length > 0) {
      report(run, options, say);
      runs.push(run);
      if (outputs.hgrmDirectory !== undefined) writeHgrmFiles(outputs.hgrmDirectory, run);
    }
    wrong.push(...failedChecksums(run));
    if (interruption.isInterrupted) break;
    if (failedChecksums(run).length === 0) record(run, options, outputs, say);
  }
  if (outputs.htmlFile !== undefined) writeReport(outputs.htmlFile, runs, options, outputs);
  return wrong;
}

async function compareAll(
  benchmarks: readonly Benchmark[],
  { options, compareRef }: CommandLine,
  interruption: Interruption,
): Promise<string[]> {
  const say = sayerFor(options);
  sayMachine(options, say);
  const { lines, wrong } = await compare(benchmarks, options, compareRef, interruption, say);
  if (options.json) for (const line of lines) console.log(JSON.stringify(line));
  return wrong;
}

function sayMachine(options: Options, say: (text: string) => void): void {
  say(describeMachine());
  for (const warning of machineWarnings(options)) say(`Warning: ${warning}`);
}

function report(run: BenchmarkRun, options: Options, say: (text: string) => void): void {
  if (options.json) for (const line of resultLines(run)) console.log(JSON.stringify(line));
  say(table(run));
}

/** Whole runs with the right checksums only. */
function record(run: BenchmarkRun, options: Options, outputs: Outputs, say: (text: string) => void): void {
  if (!outputs.record) return;
  const lines = historyLines(run, options, versionOf(ROOT), new Date());
  say(`  recorded in ${appendHistory(outputs.historyDirectory ?? HISTORY_DIRECTORY, run.benchmark.name, lines)}`);
}

function writeReport(file: string, runs: readonly BenchmarkRun[], options: Options, outputs: Outputs): void {
  writeHtmlReport(file, {
    runs,
    options,
    history: readHistory(outputs.historyDirectory ?? HISTORY_DIRECTORY),
    machine: describeMachine(),
    warnings: machineWarnings(options),
    version: versionOf(ROOT),
    at: new Date(),
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error && error.cause === undefined ? error.message : error);
  process.exitCode = 2;
}
