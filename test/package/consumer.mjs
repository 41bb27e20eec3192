// What a newcomer writes first: a program of its own, in a project of its own, that runs an engine of the published
// package, by either of its entries. Prints what an entity has counted, once for each.
import * as millrace from 'millrace';
import * as nativeFree from 'millrace/native-free';
import { counter, totals } from './counter-module.mjs';

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
