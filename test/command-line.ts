/**
 * The flags of what is run by hand under test/: read before anything else happens. Whoever mistypes one is told what is
 * wrong in one line, with exit code 2, and nothing has run. Not for programs that others read the flags of with a usage of
 * their own, such as the benchmarks and the examples.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Flags = NonNullable<ParseArgsConfig['options']>;
type Values<Given extends Flags> = ReturnType<typeof parseArgs<{ options: Given }>>['values'];

export const EXIT_WRONG_FLAGS = 2;
/** What a shell says of a process that Ctrl-C has ended. */
export const EXIT_INTERRUPTED = 130;

/** The flags of this process, as `parseArgs` reads them; one that it does not know ends the process. */
export function readFlags<const Given extends Flags>(options: Given): Values<Given> {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(sentenceOf((error as Error).message));
  }
}

/** Node's advice on how else to write it takes several lines, and is hardly ever what was meant. */
function sentenceOf(message: string): string {
  const flag = /^Option '(--\S+)' argument is ambiguous/.exec(message)?.[1];
  if (flag !== undefined) return `${flag} takes a value, and what follows begins with a dash.`;
  return `${message.split(/\.(?: |\n|$)/)[0]}.`;
}

/** The value of a flag, which ends the process unless it is a whole number in this range. */
export function wholeNumber(
  flag: string,
  given: string,
  min: number = 0,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  const number = /^\d[\d_]*$/.test(given) ? Number(given.replaceAll('_', '')) : Number.NaN;
  if (number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return refuse(`--${flag} takes a whole number ${range}, not "${given}".`);
}

/** The same of several, with commas between them. */
export function wholeNumbers(flag: string, given: string, min: number, max: number): number[] {
  return given.split(',').map((each) => wholeNumber(flag, each, min, max));
}

export function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(EXIT_WRONG_FLAGS);
}
