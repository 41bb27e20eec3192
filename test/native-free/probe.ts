/**
 * Run under `node --no-addons`: a whole engine, workers included, that must not load one native addon. Prints `ok`.
 */
import { startEngine } from '../../native-free/index.ts';
import { doubler } from './probe-module.ts';

const engine = await startEngine({ module: new URL('./probe-module.ts', import.meta.url), shardCount: 2 });
try {
  const doubled = await engine.ask(doubler, 'one', 21);
  if (doubled !== 42) throw new Error(`expected 42, got ${String(doubled)}`);
} finally {
  await engine.stop();
}
console.log('ok');
