/**
 * New code over old values, on real threads and disks: what `checkMigrations` says of a savepoint and of a data directory
 * is what the engine then does, and nothing is changed by asking.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as nativeFree from '../../native-free/index.ts';
import * as main from '../../src/index.ts';
import type { Engine, MillraceError } from '../../src/index.ts';
import type { TypedOrder } from './typed-functions.ts';

const moduleOf = (version: number): URL => new URL(`./typed-module-${version}.ts`, import.meta.url);
const TYPE = 'typed/entity';

type StateName = Extract<TypedOrder, { readonly set: unknown }>['set'];

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-check-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

/** Of all files below a directory, but for the lock, their names, times and contents. */
function fingerprint(directory: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }).toSorted(byPath)) {
    if (!entry.isFile() || entry.name === 'lock') continue;
    const path = join(entry.parentPath, entry.name);
    hash.update(`${path} ${statSync(path).mtimeMs} `).update(readFileSync(path));
  }
  return hash.digest('hex');
}

const byPath = (one: { parentPath: string; name: string }, other: { parentPath: string; name: string }): number =>
  join(one.parentPath, one.name) < join(other.parentPath, other.name) ? -1 : 1;

async function set(engine: Engine, id: string, state: StateName, to: unknown): Promise<void> {
  await engine.ask(TYPE, id, { set: state, to } satisfies TypedOrder);
}

test.each([
  ['main', main],
  ['native-free', nativeFree],
] as const)('%s: what it says is what happens', async (_name, entry) => {
  const directory = scratch();
  const savepoint = join(scratch(), 'savepoint');
  const start = (version: number): Promise<Engine> =>
    entry.startEngine({ module: moduleOf(version), directory, shardCount: 2 });
  const engine = await start(1);
  for (let index = 0; index < 60; index++) {
    await engine.send(
      TYPE,
      `id-${index}`,
      { set: 'profile', to: index % 20 === 7 ? 'broken' : `name ${index}` },
      { until: 'accepted' },
    );
  }
  await set(engine, 'id-1', 'count', '17');
  await set(engine, 'id-2', 'count', 'many');
  await set(engine, 'id-3', 'session', 'now');
  for (const [id, to] of [
    ['id-4', '5'],
    ['id-5', 'many'],
  ] as const) {
    await set(engine, id, 'marks', to);
    await set(engine, id, 'log', to);
  }
  await expect(entry.checkMigrations(directory, moduleOf(3))).rejects.toMatchObject({ code: 'DATA_LOCKED' });
  await engine.savepoint(savepoint);
  await engine.stop();

  for (const path of [savepoint, directory]) {
    const before = fingerprint(path);
    expect(await entry.checkMigrations(path, moduleOf(1))).toMatchObject({ valueCount: 67, failureCount: 0 });
    const report = await entry.checkMigrations(path, moduleOf(3), { failuresMax: 3 });
    expect(report).toMatchObject({ valueCount: 67, messageCount: 0, failureCount: 6, unknownCount: 0 });
    expect(report.failures).toHaveLength(3);
    const byState = report.byState.map(({ state, ...counts }) => [state, counts] as const);
    expect(Object.fromEntries(byState)).toEqual({
      profile: { type: TYPE, valueCount: 60, failureCount: 3, versions: { 1: 60 } },
      count: { type: TYPE, valueCount: 2, failureCount: 1, versions: { 1: 2 } },
      marks: { type: TYPE, valueCount: 2, failureCount: 1, versions: { 1: 2 } },
      log: { type: TYPE, valueCount: 2, failureCount: 1, versions: { 1: 2 } },
      session: { type: TYPE, valueCount: 1, failureCount: 0, versions: { 1: 1 } },
    });
    expect(fingerprint(path)).toBe(before);
  }

  const { failures } = await entry.checkMigrations(directory, moduleOf(3));
  const failed = new Map(failures.map(({ id, state, error }) => [`${id} ${state}`, error.code]));
  const later = await start(3);
  for (let index = 0; index < 60; index++) {
    const found = await ask(later, `id-${index}`, 'profile');
    const expected = failed.get(`id-${index} profile`) ?? { first: `name ${index}`, last: '' };
    expect(found).toEqual(expected);
  }
  expect(await ask(later, 'id-1', 'count')).toBe(17);
  expect(await ask(later, 'id-2', 'count')).toBe(failed.get('id-2 count'));
  expect(await ask(later, 'id-3', 'session')).toBe('now');
  expect([await ask(later, 'id-4', 'marks'), await ask(later, 'id-4', 'log')]).toEqual([5, [5]]);
  for (const state of ['marks', 'log'] as const) {
    expect(await ask(later, 'id-5', state)).toBe(failed.get(`id-5 ${state}`));
    const refused = await later.ask(TYPE, 'id-4', { set: state, to: -1 }).catch((error: unknown) => error);
    expect((refused as MillraceError).cause).toMatchObject({ code: 'STATE_INVALID', details: { state } });
  }
  // A failure is that of one value: it can be written over, and then all is well.
  await set(later, 'id-7', 'profile', { first: 'Kim', last: '' });
  expect(await ask(later, 'id-7', 'profile')).toEqual({ first: 'Kim', last: '' });
  await later.stop();
  // Not so the other way round: older code does not write over what it does not know.
  const earlier = await start(2);
  expect(await ask(earlier, 'id-7', 'profile')).toBe('STATE_MIGRATION_FAILED');
  expect(await ask(earlier, 'id-8', 'profile')).toEqual({ name: 'name 8' });
  const refused = await earlier.ask(TYPE, 'id-7', { set: 'profile', to: {} }).catch((error: unknown) => error);
  expect((refused as MillraceError).cause).toMatchObject({ code: 'STATE_MIGRATION_FAILED' });
  await earlier.stop();
});

/** What an entity answers, or the code of what it threw. */
async function ask(engine: Engine, id: string, state: StateName): Promise<unknown> {
  return await engine
    .ask(TYPE, id, { get: state } satisfies TypedOrder)
    .catch((error: unknown) => ((error as MillraceError).cause as MillraceError).code);
}

test('what is neither a savepoint nor a data directory is not taken for one', async () => {
  await expect(main.checkMigrations(scratch(), moduleOf(1))).rejects.toMatchObject({ code: 'SAVEPOINT_DAMAGED' });
});
