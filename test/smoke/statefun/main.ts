/**
 * The smoke test of StateFun by hand, at any size:
 * `npm run smoke:statefun -- --messages 100000 --functions 128 --depth 10 --kills 20 --seed 7 --language java`.
 */
import { EXIT_INTERRUPTED, readFlags, refuse, wholeNumber } from '../../command-line.ts';
import { SDK_PROGRAMS, type SdkProgram } from '../../interop/sdk-programs.ts';
import { FAULT_RATES, NO_FAULTS } from './faulty-proxy.ts';
import { runStatefunSmoke } from './smoke-run.ts';

const values = readFlags({
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  language: { type: 'string', default: 'javascript' },
  messages: { type: 'string', default: '100000' },
  functions: { type: 'string', default: '128' },
  depth: { type: 'string', default: '10' },
  shards: { type: 'string', default: '2' },
  kills: { type: 'string', default: '10' },
  life: { type: 'string', default: '8000' },
  minutes: { type: 'string', default: '20' },
  'no-faults': { type: 'boolean', default: false },
});
const program = programOf(values.language);
const seed = wholeNumber('seed', values.seed);
const messageCount = wholeNumber('messages', values.messages, 1);
const functionCount = wholeNumber('functions', values.functions, 1);
const depth = wholeNumber('depth', values.depth);
const shardCount = wholeNumber('shards', values.shards, 1, 256);
const killCount = wholeNumber('kills', values.kills);
const lifeMs = wholeNumber('life', values.life, 1);
const minutes = wholeNumber('minutes', values.minutes, 1, 10_000);
const replay = `npm run smoke:statefun -- --language ${values.language} --seed ${seed} --messages ${messageCount} --functions ${functionCount} --depth ${depth} --shards ${shardCount} --kills ${killCount} --life ${lifeMs}${values['no-faults'] ? ' --no-faults' : ''}`;
console.log(replay);
let isInterrupted = false;
const interrupted = new Promise<void>((resolve) => {
  process.once('SIGINT', () => {
    isInterrupted = true;
    resolve();
  });
});
await program.build();
const report = await runStatefunSmoke({
  program,
  seed,
  messageCount,
  functionCount,
  depth,
  shardCount,
  engineKills: killCount,
  functionKills: killCount,
  lifeMs,
  faults: values['no-faults'] ? NO_FAULTS : FAULT_RATES,
  timeoutMs: minutes * 60_000,
  onProgress: (line) => console.log(line),
  interrupted,
});
if (isInterrupted) process.exit(EXIT_INTERRUPTED);
console.log(report);
if (report.differences.length > 0) {
  console.log(`again: ${replay}`);
  process.exitCode = 1;
}

/** The program with the SDK of this language; one that cannot run here ends the process. */
function programOf(language: string): SdkProgram {
  const found = SDK_PROGRAMS.find((each) => each.language.toLowerCase() === language.toLowerCase());
  const names = SDK_PROGRAMS.map((each) => each.language.toLowerCase()).join(', ');
  if (found === undefined) return refuse(`--language is one of ${names}, not "${language}".`);
  if (found.missing !== undefined) return refuse(`--language ${language} cannot run here: ${found.missing}.`);
  return found;
}
