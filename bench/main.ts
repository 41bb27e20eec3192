/**
 * `npm run bench`: runs the benchmarks, ours and their rivals side by side, and says which figures are reached. Exits
 * with 1 when the work of any of them did not come to what it had to, or one of them has thrown, with 2 when it is asked
 * for what it cannot do, and with 130 after Ctrl-C, having shown what there was; a figure that is missed is only reported,
 * since it depends on the machine. How to read the output stands in `bench/README.md`.
 */
import { BENCHMARKS } from './catalogue.ts';
import { compare } from './compare/compare.ts';
import { type Benchmark, OURS } from './harness/benchmark.ts';
import { ROOT, versionOf } from './harness/commit.ts';
import { writeHgrmFiles } from './harness/hgrm-files.ts';
import { appendHistory, HISTORY_DIRECTORY, historyLines, readHistory } from './harness/history.ts';
import { Heed, type Settings, type SizeFlag } from './harness/heed.ts';
import { Interruption } from './harness/interruption.ts';
import { describeMachine, machineWarnings } from './harness/machine.ts';
import { type CommandLine, type Options, parseCommandLine, USAGE } from './harness/options.ts';
import { type Outputs, prepareOutputs } from './harness/outputs.ts';
import { ProgressLine } from './harness/progress-line.ts';
import { resultLines, table } from './harness/report.ts';
import { profileRun, withoutProfile, withProfileFolder } from './profile/profile-run.ts';
import { type BenchmarkRun, chooseContenders, failedChecksums, failureLines, runBenchmark } from './harness/rounds.ts';
import { writeHtmlReport } from './report/html-report.ts';

const PROBLEM_CODE = 1;
const INTERRUPTED_CODE = 130;
const INTERRUPTED = 'Interrupted: what is shown is what there was.';

async function main(): Promise<number> {
  const args = withProfileFolder(process.argv.slice(2));
  const commandLine = parseCommandLine(args);
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
    return profileRun(process.argv[1], withoutProfile(args), commandLine.profileDirectory);
  }
  if (commandLine.compareRef === '') prepareOutputs(commandLine.outputs);
  const interruption = new Interruption();
  const { wrong, failed } = await (commandLine.compareRef === ''
    ? runAll(chosen, commandLine, interruption)
    : compareAll(chosen, commandLine, interruption));
  for (const failure of problemLines({ wrong, failed })) console.error(failure);
  if (interruption.isInterrupted) {
    console.error(INTERRUPTED);
    // Threads of the turn that was given up may still run.
    process.exit(INTERRUPTED_CODE);
  }
  // Who has failed may have left threads behind.
  if (failed.length > 0) process.exit(PROBLEM_CODE);
  return wrong.length === 0 ? 0 : PROBLEM_CODE;
}

/** What did not come to what it had to, and who has thrown. */
interface Problems {
  readonly wrong: readonly string[];
  readonly failed: readonly string[];
}

function problemLines({ wrong, failed }: Problems): string[] {
  return [...wrong.map((failure) => `WRONG: ${failure}`), ...failed.map((failure) => `FAILED: ${failure}`)];
}

function choose(only: readonly string[]): readonly Benchmark[] {
  const nobody = only.find((text) => !BENCHMARKS.some(({ name }) => name.includes(text)));
  if (nobody !== undefined) throw new Error(`No benchmark is named like "${nobody}"; --list names all.`);
  const names = new Set(BENCHMARKS.map(({ name }) => name));
  // A name in full is that one alone, though others may begin so.
  const isMeant = (name: string, text: string): boolean => (names.has(text) ? name === text : name.includes(text));
  return BENCHMARKS.filter(({ name }) => only.length === 0 || only.some((text) => isMeant(name, text)));
}

function listing(benchmark: Benchmark, options: Options): string {
  const names = chooseContenders(benchmark, options).map(
    ({ name, missing }) => `  ${name}${missing === undefined ? '' : ` (would be skipped: ${missing})`}`,
  );
  return [`${benchmark.name}: ${benchmark.describe(options)}`, ...names].join('\n');
}

/** Tables go to the standard output, or make room for JSON there. */
function sayerFor({ json }: Options): (text: string) => void {
  return json ? console.error : console.log;
}

async function runAll(
  benchmarks: readonly Benchmark[],
  { options, sizesGiven, outputs }: CommandLine,
  interruption: Interruption,
): Promise<Problems> {
  const say = sayerFor(options);
  // Before anything runs: later on the machine is busy with us.
  const warnings = machineWarnings(options);
  sayMachine(warnings, say);
  const turns = benchmarks.reduce((sum, of) => sum + chooseContenders(of, options).length, 0) * options.rounds;
  const line = new ProgressLine(turns);
  const wrong: string[] = [];
  const failed: string[] = [];
  const runs: BenchmarkRun[] = [];
  for (const benchmark of benchmarks) {
    say(`\n${benchmark.name}: ${benchmark.describe(options)}`);
    sayUnrivalled(benchmark, options);
    const heed = new Heed(options);
    const run = await runBenchmark(benchmark, heed.options, {
      progress: line.say,
      interruption,
      turnOver: () => line.turnOver(),
      firstRoundOver: () => sayUnheeded(benchmark, heed, sizesGiven, line),
    });
    line.clear();
    sayFailures(run);
    if (run.standings.length > 0) {
      report(run, options, say);
      runs.push(run);
      if (outputs.hgrmDirectory !== undefined) writeHgrmFiles(outputs.hgrmDirectory, run);
    }
    wrong.push(...failedChecksums(run));
    failed.push(...failureLines(run));
    if (interruption.isInterrupted) break;
    if (failedChecksums(run).length + failureLines(run).length === 0) record(run, heed.settings, outputs, say);
  }
  if (outputs.htmlFile !== undefined) {
    const ended = interruption.isInterrupted ? [INTERRUPTED] : [];
    const notes = [...warnings, ...ended, ...problemLines({ wrong, failed })];
    writeReport(outputs.htmlFile, runs, notes, options, outputs);
  }
  return { wrong, failed };
}

async function compareAll(
  benchmarks: readonly Benchmark[],
  { options, sizesGiven, compareRef }: CommandLine,
  interruption: Interruption,
): Promise<Problems> {
  const say = sayerFor(options);
  sayMachine(machineWarnings(options), say);
  const { lines, ...problems } = await compare(benchmarks, { options, sizesGiven }, compareRef, interruption, say);
  if (options.json) for (const line of lines) console.log(JSON.stringify(line));
  return problems;
}

/** What was asked for in vain. */
function sayUnheeded({ name }: Benchmark, heed: Heed, given: readonly SizeFlag[], line: ProgressLine): void {
  line.clear();
  for (const flag of heed.unheeded(given)) console.error(`--${flag} has no effect on ${name}.`);
}

/** A name that nobody has is most likely misspelt. */
function sayUnrivalled(benchmark: Benchmark, options: Options): void {
  const { against } = options;
  const rivals = benchmark.contenders(options).slice(1);
  if (rivals.length === 0 || rivals.some(({ name }) => name.includes(against))) return;
  console.error(`No rival of ${benchmark.name} is named like "${against}": ${OURS} runs alone.`);
}

/** With all that is known of it; the end of the run says it once more in a line. */
function sayFailures({ benchmark, failures = [] }: BenchmarkRun): void {
  for (const { contender, error } of failures) console.error(`${benchmark.name}, ${contender} has failed:`, error);
}

function sayMachine(warnings: readonly string[], say: (text: string) => void): void {
  say(describeMachine());
  for (const warning of warnings) say(`Warning: ${warning}`);
}

function report(run: BenchmarkRun, options: Options, say: (text: string) => void): void {
  if (options.json) for (const line of resultLines(run)) console.log(JSON.stringify(line));
  say(table(run));
}

/** Whole runs with the right checksums only. */
function record(run: BenchmarkRun, settings: Settings, outputs: Outputs, say: (text: string) => void): void {
  if (!outputs.record) return;
  const lines = historyLines(run, settings, versionOf(ROOT), new Date());
  say(`  recorded in ${appendHistory(outputs.historyDirectory ?? HISTORY_DIRECTORY, run.benchmark.name, lines)}`);
}

function writeReport(
  file: string,
  runs: readonly BenchmarkRun[],
  warnings: readonly string[],
  options: Options,
  outputs: Outputs,
): void {
  writeHtmlReport(file, {
    runs,
    options,
    history: readHistory(outputs.historyDirectory ?? HISTORY_DIRECTORY),
    machine: describeMachine(),
    warnings,
    version: versionOf(ROOT),
    at: new Date(),
  });
}

/** What the parser of flags refuses by itself. */
function isWrongFlag(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error && error.cause === undefined ? error.message : error);
  if (isWrongFlag(error)) console.error('--help says what there is.');
  process.exitCode = 2;
}
