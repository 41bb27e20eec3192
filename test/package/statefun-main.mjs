// Runs the StateFun program beside this file in an engine of the published package, and prints what it answers.
import { startEngine } from 'millrace';
import { readTyped, StringType } from 'millrace/statefun';

const engine = await startEngine({ module: new URL('./statefun-program.cjs', import.meta.url), shardCount: 2 });
for (let round = 0; round < 2; round++) await engine.send('program/visits', 'Kim', 'hello');
console.log(readTyped(StringType, await engine.ask('program/visits', 'Kim', 'hello')));
await engine.stop();
