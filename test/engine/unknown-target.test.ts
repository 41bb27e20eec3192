/**
 * A module that loses a function between two runs, on real threads and a real disk: what was in flight to the function
 * comes to the dead letters with the name of its sender, and everything else goes on.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { QuarantineEvent } from '../../src/index.ts';
import { scratch } from './durability-stage.ts';
import { openEngine, until } from './puppet-engine.ts';

const FULL = new URL('./losing-module.ts', import.meta.url);
const LESS = new URL('./losing-second-module.ts', import.meta.url);

test('messages in flight to a function that has gone become dead letters', async () => {
  const folder = scratch();
  const directory = join(folder, 'data');
  const first = await openEngine({ module: FULL, directory, maxIntervalMs: 20 });
  // The function that will go waits for ever; what comes for it after the first message waits in its line.
  for (let number = 0; number < 5; number++) await first.engine.send('losing/relay', `from-${number}`, { number });
  await first.engine.savepoint(join(folder, 'savepoint'));
  await first.engine.stop({ force: true });

  for (const options of [
    { directory, shardCount: 3 },
    { directory: join(folder, 'b'), from: join(folder, 'savepoint') },
  ]) {
    const { engine, errors } = await openEngine({ module: LESS, ...options });
    const events: QuarantineEvent[] = [];
    engine.egress('losing/events', (event) => void events.push(event as QuarantineEvent));
    await until(() => events.length === 5 && errors.length === 5);
    for (const { address, error } of events) {
      expect(address).toEqual({ type: 'losing/target', id: 'Kim' });
      expect(error.message).toMatch(/A message from losing\/relay "from-\d" is for losing\/target "Kim"/);
    }
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['UNKNOWN_TARGET']));
    expect(await engine.ask('losing/relay', 'from-3', 'count?')).toBe(1);
    await engine.stop();
  }
});
