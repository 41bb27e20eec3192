/**
 * The flags of the flights example, checked once. A wrong flag is answered by what is wrong and the usage.
 */
import { parseArgs } from 'node:util';

export const USAGE = `usage: node examples/flights/main.ts [options]

  --repeat N                 take the 20,000 flights of the data set N times (default 50)
  --input PATH               take flights from an NDJSON file instead; - is standard input
  --on-malformed stop|skip   what to do at an input line that is no flight (default stop)
  --output PATH              write a summary of every airport and route as NDJSON; - is standard output,
                             and the table then goes to standard error
  --shards N                 worker threads (default: one per core)
  --quiet                    no progress, no table; only what is wrong
  --help                     this text

Exit code: 0 done and checked, 1 failed, 2 wrong flags, 130 ended early by Ctrl-C (what was taken in is finished,
checked and reported; a second Ctrl-C ends at once).
`;

export interface Flags {
  readonly repeatCount: number;
  readonly shardCount: number | undefined;
  readonly input: string | undefined;
  readonly onMalformed: 'stop' | 'skip';
  readonly output: string | undefined;
  readonly quiet: boolean;
  readonly help: boolean;
}

/** A mistake in the flags. */
export class FlagError extends Error {}

function wholeNumber(flag: string, given: string | undefined, max: number): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= 1 && number <= max) return number;
  throw new FlagError(`${flag} takes a whole number from 1 to ${max}, not "${given}".`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        repeat: { type: 'string' },
        shards: { type: 'string' },
        input: { type: 'string' },
        'on-malformed': { type: 'string', default: 'stop' },
        output: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new FlagError((error as Error).message, { cause: error });
  }
}

/** Throws `FlagError`. */
export function readFlags(args: readonly string[]): Flags {
  const { repeat, shards, input, output, quiet, help, 'on-malformed': onMalformed } = parse(args);
  if (onMalformed !== 'stop' && onMalformed !== 'skip') {
    throw new FlagError(`--on-malformed takes stop or skip, not "${onMalformed}".`);
  }
  if (repeat !== undefined && input !== undefined) throw new FlagError('--repeat and --input exclude each other.');
  for (const [flag, path] of Object.entries({ '--input': input, '--output': output })) {
    if (path === '') throw new FlagError(`${flag} takes a path, or - for a standard stream.`);
  }
  return {
    repeatCount: wholeNumber('--repeat', repeat, 100_000) ?? 50,
    shardCount: wholeNumber('--shards', shards, 256),
    input,
    onMalformed,
    output,
    quiet,
    help,
  };
}
