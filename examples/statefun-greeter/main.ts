/**
 * Runs a StateFun program embedded in an engine and greets everybody named on the command line:
 * `node examples/statefun-greeter/main.ts Kim Lou Kim`. In a project of your own, import from 'millrace' and
 * 'millrace/statefun'.
 */
import { startEngine } from '../../src/index.ts';
import { readTyped, StringType } from '../../src/statefun/index.ts';
import { greetings } from './module.ts';

const names = process.argv.length > 2 ? process.argv.slice(2) : ['Kim', 'Lou', 'Kim', 'Ada', 'Kim'];

const engine = await startEngine({ module: new URL('./module.ts', import.meta.url) });
try {
  engine.egress(greetings, (greeting) => console.log(readTyped(StringType, greeting)));
  // A string is sent as StateFun's string type.
  for (const name of names) await engine.send('example/person', name, 'the library');
  await engine.drained();
} finally {
  await engine.stop();
}
