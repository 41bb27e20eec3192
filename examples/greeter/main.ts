/**
 * Greets everybody named on the command line, and then asks how often the first of them has come:
 * `node examples/greeter/main.ts Kim Lou Kim`. In a project of your own, import from 'millrace'.
 */
import { startEngine } from '../../src/index.ts';
import { greeter, greetings } from './module.ts';

const names = process.argv.length > 2 ? process.argv.slice(2) : ['Kim', 'Lou', 'Kim', 'Ada', 'Kim'];
const [first] = names;

const engine = await startEngine({ module: new URL('./module.ts', import.meta.url) });
try {
  engine.egress(greetings, (greeting) => console.log(greeting));
  for (const name of names) await engine.send(greeter, name, { kind: 'hello' });
  await engine.drained();
  console.log(`${first} came ${await engine.ask(greeter, first, { kind: 'how often?' })} times.`);
} finally {
  await engine.stop();
}
