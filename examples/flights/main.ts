/**
 * The way in: `node examples/flights/main.ts --help`. Flags in, exit code out.
 */
import { complain } from './complaints.ts';
import { FlagError, readFlags, USAGE } from './flags.ts';
import { type Outcome, runFlights } from './run.ts';

const EXIT_CODES: Readonly<Record<Outcome, number>> = { done: 0, failed: 1, interrupted: 130 };
const EXIT_WRONG_FLAGS = 2;

async function main(): Promise<number> {
  try {
    const flags = readFlags(process.argv.slice(2));
    if (!flags.help) return EXIT_CODES[await runFlights(flags)];
    process.stdout.write(USAGE);
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    if (!(error instanceof FlagError)) return EXIT_CODES.failed;
    complain(`\n${USAGE}`);
    return EXIT_WRONG_FLAGS;
  }
}

process.exitCode = await main();
