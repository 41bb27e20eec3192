/**
 * One run: start the engine, take the flights in, ask every airport and route for its summary, check all of them
 * against a plain loop over the same flights, and report.
 */
import {
  defineEgress,
  defineIngress,
  type EgressSink,
  type Engine,
  type IngressSource,
  ndjsonSink,
  ndjsonSource,
  startEngine,
} from '../../src/index.ts';
import { complain, Complaints } from './complaints.ts';
import { readDataSet, repeated } from './data-set.ts';
import type { Flags } from './flags.ts';
import { Intake } from './intake.ts';
import { airport, flown, latencies, results, route, type Summary } from './module.ts';
import { Progress } from './progress.ts';
import { LatencyGauge, pace, table } from './report.ts';

export type Outcome = 'done' | 'interrupted' | 'failed';

/** How many flights may wait in a shard before the ingress waits: more would only make them older. */
const CREDIT_COUNT = 1_024;

interface Input {
  readonly source: IngressSource<unknown>;
  /** How many flights there are, if anybody knows. */
  readonly totalCount: number | undefined;
}

/** What one run holds. */
interface Run {
  readonly flags: Flags;
  readonly totalCount: number | undefined;
  readonly intake: Intake;
  readonly complaints: Complaints;
  readonly summaries: Summary[];
  readonly gauge: LatencyGauge;
}

async function openInput({ input, onMalformed, repeatCount }: Flags): Promise<Input> {
  if (input !== undefined) return { source: ndjsonSource({ path: input, onMalformed }), totalCount: undefined };
  const flights = await readDataSet();
  return { source: repeated(flights, repeatCount), totalCount: flights.length * repeatCount };
}

/** Keeps the summaries for the report and passes them on. */
function keptIn(summaries: Summary[], onward: EgressSink<Summary> | undefined): EgressSink<Summary> {
  return {
    open: (position) => onward?.open?.(position),
    async write(records, sequence) {
      summaries.push(...records);
      await onward?.write(records, sequence);
    },
    close: () => onward?.close?.(),
  };
}

function start({ flags, intake, summaries, gauge }: Run): Promise<Engine> {
  const output = flags.output === undefined ? undefined : ndjsonSink<Summary>({ path: flags.output });
  return startEngine({
    module: new URL('./module.ts', import.meta.url),
    ...(flags.shardCount === undefined ? {} : { shardCount: flags.shardCount }),
    creditCount: CREDIT_COUNT,
    // Freezing every state value finds mistakes, and takes its time.
    development: process.env['NODE_ENV'] === 'development',
    ingresses: [defineIngress({ type: flown, source: intake })],
    egresses: [
      defineEgress({ type: results, sink: keptIn(summaries, output) }),
      defineEgress({ type: latencies, sink: gauge }),
    ],
  });
}

function stopAtOnce(engine: Engine): void {
  engine.stop({ force: true }).catch(() => {
    // Whoever waits for the engine gets the same error.
  });
}

/**
 * The first Ctrl-C ends the input, so that what was taken in is finished and reported; a second ends everything. A
 * program that has nothing to ask at its end would use `stopOnSignals(engine)`.
 */
function endOnSignals(engine: Engine, intake: Intake): void {
  const onSignal = (): void => {
    if (intake.isEnding) return stopAtOnce(engine);
    complain('\nEnding early: finishing what was taken in. Once more to end at once.');
    intake.end();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}

/** Waits until all flights are counted; returns how many seconds that took. */
async function fly(engine: Engine, { flags, intake, totalCount }: Run): Promise<number> {
  const progress = flags.quiet ? undefined : new Progress(() => intake.recordCount, totalCount);
  try {
    await engine.drained();
    return (performance.now() - intake.startedAt) / 1000;
  } finally {
    progress?.end();
  }
}

/** Asks every entity for its summary, and waits until the egress has taken all of them. */
async function summarise(engine: Engine, { plainLoop }: Intake): Promise<void> {
  for (const id of plainLoop.airportIds) await engine.send(airport, id, { kind: 'summarise' });
  for (const id of plainLoop.routeIds) await engine.send(route, id, { kind: 'summarise' });
  await engine.drained();
}

/** Compares all summaries with the plain loop. */
function areEqual({ intake, summaries }: Run): boolean {
  const differences = intake.plainLoop.differences(summaries);
  if (differences.length === 0) return true;
  const count = `${differences.length} of the summaries`;
  complain(`MISMATCH: ${count} differ from a plain loop over the same flights.`);
  for (const difference of differences.slice(0, 10)) complain(`  ${difference}`);
  return false;
}

function report(engine: Engine, { flags, intake, summaries, gauge }: Run, seconds: number): void {
  const { airportIds, routeIds, flightCount } = intake.plainLoop;
  const lines = [
    '',
    table(summaries),
    '',
    pace(flightCount, seconds, engine.shardCount),
    `latency  ${gauge.text()}  (ingress to destination, one flight in 64)`,
    `checked: all ${airportIds.length} airports and ${routeIds.length} routes equal a plain loop over the same flights`,
  ];
  (flags.output === '-' ? process.stderr : process.stdout).write(`${lines.join('\n')}\n`);
}

async function conduct(engine: Engine, run: Run): Promise<Outcome> {
  const { flags, intake, complaints } = run;
  engine.on('error', (error) => {
    complaints.add(error);
    if (complaints.failed) stopAtOnce(engine);
  });
  endOnSignals(engine, intake);
  const seconds = await fly(engine, run);
  if (complaints.failed) return 'failed';
  await summarise(engine, intake);
  if (complaints.failed || !areEqual(run)) return 'failed';
  if (!flags.quiet) report(engine, run, seconds);
  return intake.isEnding ? 'interrupted' : 'done';
}

export async function runFlights(flags: Flags): Promise<Outcome> {
  const { source, totalCount } = await openInput(flags);
  const intake = new Intake(source);
  const complaints = new Complaints(flags.onMalformed);
  const run: Run = { flags, totalCount, intake, complaints, summaries: [], gauge: new LatencyGauge() };
  const engine = await start(run);
  try {
    const outcome = await conduct(engine, run);
    await engine.stop();
    return outcome;
  } catch (error) {
    stopAtOnce(engine);
    if (complaints.failed) return 'failed';
    if (intake.isEnding) return 'interrupted';
    throw error;
  } finally {
    complaints.end();
  }
}
