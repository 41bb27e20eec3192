/**
 * Stacks of errors travel in envelopes and dead letters, whose lengths decide what fits where. So that a seed is the same
 * run wherever the checkout lies and whoever started it, they name neither folders nor lines, nor what called the simulation.
 * An error whose stack nobody has read before the run is over has its usual one.
 */
type Prepare = typeof Error.prepareStackTrace;

const OWN_FILE = /\/(?:src|native-free)\/(?:[^/]+\/)*([^/]+)$/;

let runCount = 0;
let usual: Prepare;

const prepare: Prepare = (error, sites) => {
  const lines = [String(error)];
  for (const site of sites) {
    const file = OWN_FILE.exec(site.getFileName() ?? '')?.[1];
    if (file !== undefined) lines.push(`    at ${site.getFunctionName() ?? '<anonymous>'} (${file})`);
  }
  return lines.join('\n');
};

/** Runs overlap where a program starts several; the last one puts back what was there. */
export async function withPortableStacks<Result>(run: () => Promise<Result>): Promise<Result> {
  if (runCount++ === 0) {
    usual = Error.prepareStackTrace;
    Error.prepareStackTrace = prepare;
  }
  try {
    return await run();
  } finally {
    if (--runCount === 0) Error.prepareStackTrace = usual;
  }
}
