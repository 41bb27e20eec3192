/**
 * Messages that end their threads and are in flight when an engine starts: they are quarantined as they are in one that runs.
 * If they failed the start, each start would fail, since nobody would count.
 */
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { DeadLetter, Engine, MillraceError } from '../../src/index.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';
import { ENTRIES, ENTRY_NAMES, PATIENT, rejection, scratch } from './durability-stage.ts';
import { HANG_VARIABLE, LATE_VARIABLE, victim } from './fatal-module.ts';
import { until } from './puppet-engine.ts';

const SHARD_COUNT = 2;
/** One on each shard, whichever loads first. */
const IDS = [0, 1].map((shard) => {
  for (let number = 0; ; number++)
    if (shardOfHash(hashId(`Kim ${number}`), SHARD_COUNT) === shard) return `Kim ${number}`;
});

afterEach(() => vi.unstubAllEnvs());

async function open(entry: string, folder: string, fatalCount = 2): Promise<Engine> {
  const module = new URL('./fatal-module.ts', import.meta.url);
  const options = { module, directory: join(folder, 'data'), shardCount: SHARD_COUNT, fatalCount };
  const engine = await ENTRIES[entry]({ ...options, maxRecoveries: 4 });
  onTestFinished(async () => {
    await engine.stop({ force: true }).catch(() => {});
  });
  return engine;
}

/** Leaves a directory in which a fatal message is the next one of each id. */
async function leaveFatal(entry: string, folder: string): Promise<void> {
  vi.stubEnv(HANG_VARIABLE, 'yes');
  const engine = await open(entry, folder);
  for (const id of IDS) for (const message of ['wait', 'die', 'wait'] as const) await engine.send(victim, id, message);
  await engine.stop({ force: true });
  vi.stubEnv(HANG_VARIABLE, undefined);
  vi.stubEnv(LATE_VARIABLE, folder);
}

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('a message that kills while the engine starts is quarantined, and all others are done', async () => {
    const folder = scratch();
    await leaveFatal(entry, folder);
    const engine = await open(entry, folder);
    const errors: MillraceError[] = [];
    engine.on('error', (error) => void errors.push(error));
    const codes = (): string[] => errors.map(({ code }) => code);
    await until(() => codes().filter((code) => code === 'INVOCATION_FAILED').length === IDS.length);
    expect(new Set(codes())).toEqual(new Set(['SHARD_RECOVERING', 'INVOCATION_FAILED']));
    for (const id of IDS) expect(await engine.ask(victim, id, 'survived?', PATIENT)).toBe(2);
    const letters: DeadLetter[] = [];
    for await (const letter of engine.deadLetters.list()) letters.push(letter);
    const found = letters.map(({ target, message, error }) => [target.id, message, error.code] as const);
    expect(new Map(found.map(([id, ...rest]) => [id, rest]))).toEqual(
      new Map(IDS.map((id) => [id, ['die', 'MESSAGE_QUARANTINED']])),
    );
    expect(letters).toHaveLength(IDS.length);
    await engine.stop();
  });

  test('an engine that goes back too often fails, while it starts or soon after', async () => {
    const folder = scratch();
    await leaveFatal(entry, folder);
    const drained = open(entry, folder, 1_000).then((engine) => {
      engine.on('error', () => {});
      return engine.drained();
    });
    expect(await rejection(drained)).toMatchObject({ code: 'SHARD_FAILED' });
  });
});
