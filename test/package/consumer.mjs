// What a newcomer writes first: a program of its own, in a project of its own, that runs an engine of the published
// package, by either of its entries, and tests it with the third. Prints what an entity has counted, once for each.
import * as millrace from 'millrace';
import * as nativeFree from 'millrace/native-free';
import { explore, testEngine } from 'millrace/testing';
import counterModule, { counter, totals } from './counter-module.mjs';

async function run({ startEngine }) {
  const engine = await startEngine({ module: new URL('./counter-module.mjs', import.meta.url), shardCount: 2 });
  let announced = 0;
  engine.egress(totals, () => void announced++);
  for (let round = 0; round < 100; round++) await engine.send(counter, `id-${round % 10}`, { add: round });
  await engine.drained();
  const total = await engine.ask(counter, 'id-7', { add: 0 });
  await engine.stop();
  console.log(`${total} of ${announced}`);
}

for (const entry of [millrace, nativeFree]) await run(entry);

const t = await testEngine(counterModule);
for (let round = 0; round < 100; round++) await t.send(counter, `id-${round % 10}`, { add: round });
const { seeds } = await explore(
  { module: counterModule, run: (client) => client.send(counter, 'Kim', { add: 1 }) },
  { seeds: 5 },
);
console.log(`${t.state(counter, 'id-7').total} of ${t.egress(totals).length}, ${seeds} seeds`);
