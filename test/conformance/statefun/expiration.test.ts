/** States that expire by themselves, each in its own way, inside one value of the engine's. */
import { expect, test } from 'vitest';
import { SECTION_EXPIRY } from '../../../src/store/key-layout.ts';
import { bareValue } from '../../../src/state/kept-value.ts';
import { RemoteStage } from './remote-stage.ts';
import { declared, program, textOf, typed } from './scripted-endpoint.ts';

const WRITTEN = declared('written', { mode: 'after-write', afterMs: 100 });
const INVOKED = declared('invoked', { mode: 'after-invoke', afterMs: 100 });
const KEPT = declared('kept');

function stage(states = [WRITTEN, INVOKED, KEPT]): RemoteStage {
  return new RemoteStage(
    program(states, (view, { argument }) => {
      const [verb, ...names] = (textOf(argument) ?? '').split(' ');
      if (verb === 'set') for (const name of names) view.set(name, name);
    }),
  );
}

async function look(on: RemoteStage): Promise<(string | undefined)[]> {
  const requests = await on.tell(typed('look'));
  return requests.at(-1)?.states.map(({ value }) => textOf(value)) ?? [];
}

/** Names of what lies in memory. */
function stored(on: RemoteStage): string[] {
  const entities = on.engine.shards.flatMap(({ entities: table }) => [...table.values()]);
  return entities.flatMap((entity) => ((bareValue(entity.readCell(0)) ?? []) as [string][]).map(([name]) => name));
}

function rowCount(on: RemoteStage): number {
  const rows = on.engine.shards.flatMap((shard) => [...shard.rows.inMemory()]);
  return rows.filter(({ key, value }) => key.charCodeAt(2) === SECTION_EXPIRY && value !== undefined).length;
}

test('#40 each state expires by its own rule, and is then unset', async () => {
  const on = stage();
  await on.tell(typed('set written invoked kept'));
  await on.pass(60);
  expect(await look(on)).toEqual(['written', 'invoked', 'kept']);
  await on.pass(39);
  expect(await look(on)).toEqual(['written', 'invoked', 'kept']);
  await on.pass(1);
  // Read at 60: it lives on.
  expect(await look(on)).toEqual([undefined, 'invoked', 'kept']);
  await on.pass(99);
  expect(await look(on)).toEqual([undefined, 'invoked', 'kept']);
  await on.pass(111);
  expect(await look(on)).toEqual([undefined, undefined, 'kept']);
  await on.pass(1_000_000);
  expect(await look(on)).toEqual([undefined, undefined, 'kept']);
});

test('#40 a state that is written again begins anew', async () => {
  const on = stage([WRITTEN]);
  await on.tell(typed('set written'));
  await on.pass(60);
  await on.tell(typed('set written'));
  await on.pass(60);
  expect(await look(on)).toEqual(['written']);
  await on.pass(40);
  expect(await look(on)).toEqual([undefined]);
});

test('#40 what has expired is removed although nobody asks for it, and the rest stays', async () => {
  const on = stage();
  await on.tell(typed('set written invoked kept'));
  expect([stored(on), rowCount(on)]).toEqual([['written', 'invoked', 'kept'], 1]);
  await on.pass(100);
  await on.pass(0);
  expect([stored(on), rowCount(on)]).toEqual([['invoked', 'kept'], 1]);
  await on.pass(10);
  await on.pass(0);
  expect([stored(on), rowCount(on)]).toEqual([['kept'], 0]);
});

test('#40 when all has expired nothing is kept of the address', async () => {
  const on = stage([WRITTEN, INVOKED]);
  await on.tell(typed('set written invoked'));
  expect(on.entityCount).toBe(1);
  await on.pass(110);
  await on.pass(0);
  expect([on.entityCount, rowCount(on)]).toEqual([0, 0]);
});

test('#40 being asked for again is written down a few times only', async () => {
  const on = stage([INVOKED]);
  await on.tell(typed('set invoked'));
  const written = new Set<unknown>();
  for (let ms = 0; ms < 200; ms++) {
    await on.pass(1);
    expect(await look(on)).toEqual(['invoked']);
    written.add(
      on.engine.shards.flatMap(({ entities }) => [...entities.values()].map((entity) => entity.readCell(0)))[0],
    );
  }
  expect([written.size > 10, written.size < 25]).toEqual([true, true]);
});

test('#40 a message only for who has state finds nobody where all has expired, and somebody where something is left', async () => {
  const on = stage();
  for (const [id, names] of [
    ['Kim', 'written'],
    ['Lou', 'written kept'],
  ]) {
    await on.tell(typed(`set ${names}`), id);
  }
  on.clock.advance(100);
  const before = on.endpoint.requests.length;
  for (const id of ['Kim', 'Lou']) on.engine.coordinator.send('test/remote', id, typed('look'), { ifExists: true });
  await on.play();
  expect(on.endpoint.requests.slice(before).map(({ target }) => target.id)).toEqual(['Lou']);
});
