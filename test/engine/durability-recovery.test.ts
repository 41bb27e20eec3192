/**
 * When a worker thread dies under a durable engine: all threads go back to the last checkpoint and the engine goes on,
 * as if nothing had happened; and when that cannot help, it fails as every engine does.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defineEgress, defineIngress, defineRouter, type Engine, ndjsonSink, ndjsonSource } from '../../src/index.ts';
import { BREAK_VARIABLE, counter, type Line, lines, type Manner, slow, victim } from './durability-module.ts';
import { ENTRY_NAMES, open, PATIENT, rejection, scratch, totalOf } from './durability-stage.ts';
import { until } from './puppet-engine.ts';

const IDS = Array.from({ length: 12 }, (_, index) => `id-${index}`);

function sendToAll(engine: Engine, rounds: number): Promise<void>[] {
  return Array.from({ length: rounds * IDS.length }, (_, index) => {
    const id = IDS[index % IDS.length];
    return engine.send(counter, id, { add: 1, to: `${id}'s` });
  });
}

function linesOf(path: string): Line[] {
  const text = readFileSync(path, 'utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** What each id said, in order. */
function totalsById(said: readonly Line[]): Map<string, number[]> {
  const totals = new Map<string, number[]>();
  for (const { id, total } of said) totals.set(id, [...(totals.get(id) ?? []), total]);
  return totals;
}

const countingUpTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const codesOf = (errors: readonly { readonly code: string }[]): string[] => errors.map(({ code }) => code);

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test.each<[Manner, RegExp, object]>([
    ['exit', /exit/, {}],
    ['throw', /nobody caught this/, {}],
    ['fill the heap', /memory/, { maxHeapMiB: 64 }],
  ])('a shard that dies (%s) comes back, and nobody notices', async (manner, reason, options) => {
    const folder = scratch();
    const output = join(folder, 'output.ndjson');
    const egresses = [defineEgress({ type: 'durable/lines', sink: ndjsonSink({ path: output }) })];
    const { engine, errors } = await open(entry, folder, { ...options, egresses });
    const before = sendToAll(engine, 5);
    const fatal = engine.send(victim, 'Kim', { manner, times: 2, file: join(folder, 'died') });
    const after = sendToAll(engine, 5);
    const asked = engine.ask(counter, 'asked', { add: 7 }, PATIENT);
    await Promise.all([...before, fatal, ...after]);
    expect(await asked).toBe(7);
    expect(await engine.ask(victim, 'Kim', 'survived?', PATIENT)).toBe(1);
    for (const id of IDS) expect([await totalOf(engine, id), await totalOf(engine, `${id}'s`)]).toEqual([10, 10]);
    await engine.stop();
    expect(codesOf(errors)).toEqual(['SHARD_RECOVERING', 'SHARD_RECOVERING']);
    expect(errors[0]).toMatchObject({ details: { shard: expect.any(Number) }, cause: expect.any(Error) });
    expect(errors[0]?.message).toMatch(reason);
    const expected = IDS.flatMap((id) => [id, `${id}'s`]).map((id) => [id, countingUpTo(10)] as const);
    expect(totalsById(linesOf(output))).toEqual(new Map([...expected, ['asked', [7]]]));
  });

  test('an ingress is not read again from the start', async () => {
    const folder = scratch();
    const path = join(folder, 'input.ndjson');
    const records = Array.from({ length: 20_000 }, (_, index) => `{"id":"${IDS[index % IDS.length]}"}\n`);
    writeFileSync(path, records.join(''));
    const ingress = defineIngress<{ readonly id: string }>({ type: 'durable/input', source: ndjsonSource({ path }) });
    let routedCount = 0;
    const router = defineRouter({
      ingress,
      route: ({ id }, send) => {
        routedCount++;
        send(counter, id, { add: 1 });
      },
    });
    const said: Line[] = [];
    const { engine, errors } = await open(entry, folder, { ingresses: [ingress], routers: [router] });
    engine.egress(lines, (line, sequence) => {
      expect(sequence).toBe(said.length);
      said.push(line);
    });
    await until(() => said.length > 1_000);
    await engine.send(victim, 'Kim', { manner: 'throw', times: 1, file: join(folder, 'died') });
    await engine.drained();
    expect(codesOf(errors)).toEqual(['SHARD_RECOVERING']);
    expect(routedCount).toBe(records.length);
    const counts = IDS.map((_, place) => Math.ceil((records.length - place) / IDS.length));
    expect(totalsById(said)).toEqual(new Map(IDS.map((id, place) => [id, countingUpTo(counts[place])])));
  });

  test('invocations under way on other shards run again, too', async () => {
    const folder = scratch();
    const { engine, errors } = await open(entry, folder);
    const kept = IDS.flatMap((id) => [1, 2, 3].map((keep) => engine.send(slow, id, { keep, ms: 5 })));
    await engine.send(victim, 'Kim', { manner: 'exit', times: 1, file: join(folder, 'died') });
    await Promise.all(kept);
    for (const id of IDS) expect(await engine.ask(slow, id, 'kept?', PATIENT)).toEqual([1, 2, 3]);
    expect(codesOf(errors)).toEqual(['SHARD_RECOVERING']);
  });

  test('a message that always kills is tried so often, and then the engine fails with the cause', async () => {
    const folder = scratch();
    const { engine, errors } = await open(entry, folder, { maxRecoveries: 3, fatalCount: 1_000 });
    await engine.send(counter, 'Kim', { add: 1 });
    const file = join(folder, 'died');
    const fatal = rejection(engine.send(victim, 'Kim', { manner: 'exit', times: 1_000, file }));
    const asked = rejection(engine.ask(victim, 'Kim', 'survived?', PATIENT));
    const failure = await asked;
    expect(failure).toMatchObject({ code: 'SHARD_FAILED', cause: { message: expect.stringContaining('exit') } });
    // It may have been committed while it was in flight, which is all that its sender waits for.
    expect([failure, undefined]).toContain(await fatal);
    expect(codesOf(errors)).toEqual([...new Array<string>(3).fill('SHARD_RECOVERING'), 'SHARD_FAILED']);
    expect(readFileSync(file, 'utf8')).toBe('xxxx');
    expect(await rejection(engine.send(counter, 'Kim', { add: 1 }))).toBe(failure);
    expect(await rejection(engine.stop())).toBe(failure);
    // And nothing that was promised is gone. The file says that it has died often enough.
    writeFileSync(file, 'x'.repeat(1_000));
    const second = await open(entry, folder);
    expect(await totalOf(second.engine, 'Kim')).toBe(1);
  });

  test.each<[Manner, object, object]>([
    ['exit', {}, []],
    ['fill the heap', { maxHeapMiB: 64 }, []],
    // What is healthy is not in one invocation for so long, even where threads wait long for a core.
    ['loop', { stuckMs: 500, stuckEndMs: 2_000 }, [undefined, 'Kim', 'Kim']],
    ['throw', {}, []],
    ['reject behind an await', {}, []],
    ['loop behind an await', { stuckMs: 500, stuckEndMs: 2_000 }, [undefined, undefined, undefined]],
  ])(
    'a message that kills time and again (%s) is quarantined, and nobody else notices',
    async (manner, options, ids) => {
      const folder = scratch();
      const { engine, errors } = await open(entry, folder, options);
      const before = sendToAll(engine, 2);
      const file = join(folder, 'died');
      const fatal = engine.send(victim, 'Kim', { manner, times: 1_000, file });
      const survived = engine.send(victim, 'Kim', { manner, times: 0, file });
      await Promise.all([...before, fatal, survived, ...sendToAll(engine, 2)]);
      // Sends may be committed while they are in flight.
      await until(() => codesOf(errors).includes('INVOCATION_FAILED'));
      expect(readFileSync(file, 'utf8')).toBe('xxx');
      expect(await engine.ask(victim, 'Kim', 'survived?', PATIENT), 'the one that does not kill was handled').toBe(1);
      for (const id of IDS) expect(await totalOf(engine, id)).toBe(4);
      const codes = codesOf(errors).filter((code) => code !== 'SHARD_STUCK');
      expect(codes).toEqual([...new Array<string>(3).fill('SHARD_RECOVERING'), 'INVOCATION_FAILED']);
      const stuck = errors.filter(({ code, details }) => code === 'SHARD_STUCK' && details['type'] === victim.type);
      expect(stuck.map(({ details }) => details['id'])).toEqual(ids);
      const letters = [];
      for await (const letter of engine.deadLetters.list()) letters.push(letter);
      expect(letters).toMatchObject([
        { target: { type: 'durable/victim', id: 'Kim' }, error: { code: 'MESSAGE_QUARANTINED' } },
      ]);
      await engine.stop();
    },
  );

  test('one that kills behind an await is found among others under way, and they all go on', async () => {
    const folder = scratch();
    const { engine, errors } = await open(entry, folder);
    const kept = IDS.flatMap((id) => [1, 2].map((keep) => engine.send(slow, id, { keep, ms: 30 })));
    const file = join(folder, 'died');
    const fatal = engine.send(victim, 'Kim', { manner: 'reject behind an await', times: 1_000, file });
    await Promise.all([...kept, fatal]);
    await until(() => codesOf(errors).includes('INVOCATION_FAILED'));
    expect(readFileSync(file, 'utf8')).toBe('xxx');
    for (const id of IDS) expect(await engine.ask(slow, id, 'kept?', PATIENT)).toEqual([1, 2]);
    expect(codesOf(errors)).toEqual([...new Array<string>(3).fill('SHARD_RECOVERING'), 'INVOCATION_FAILED']);
    const letters = [];
    for await (const letter of engine.deadLetters.list()) letters.push(letter);
    expect(letters).toMatchObject([{ target: { type: victim.type }, error: { code: 'MESSAGE_QUARANTINED' } }]);
  });

  test('with no recoveries allowed, the first failure is the last', async () => {
    const folder = scratch();
    const { engine, errors } = await open(entry, folder, { maxRecoveries: 0 });
    const fatal = engine.send(victim, 'Kim', { manner: 'exit', times: 1, file: join(folder, 'died') });
    expect(await rejection(fatal)).toMatchObject({ code: 'SHARD_FAILED' });
    expect(codesOf(errors)).toEqual(['SHARD_FAILED']);
  });

  test('a failure while it recovers is one more attempt', async () => {
    const folder = scratch();
    const broken = join(folder, 'broken');
    process.env[BREAK_VARIABLE] = broken;
    onTestFinished(() => void delete process.env[BREAK_VARIABLE]);
    const { engine, errors } = await open(entry, folder);
    await engine.send(counter, 'Kim', { add: 1 });
    writeFileSync(broken, '');
    await engine.send(victim, 'Kim', { manner: 'exit', times: 1, file: join(folder, 'died') });
    expect(await totalOf(engine, 'Kim')).toBe(1);
    expect(codesOf(errors)).toEqual(['SHARD_RECOVERING', 'SHARD_RECOVERING']);
    expect(errors[1]?.message).toContain('does not load just now');
  });

  test('an engine can be stopped while it recovers', async () => {
    const folder = scratch();
    const { engine, errors } = await open(entry, folder, { maxRecoveries: 100, fatalCount: 1_000 });
    await engine.send(counter, 'Kim', { add: 1 });
    const file = join(folder, 'died');
    const fatal = rejection(engine.send(victim, 'Kim', { manner: 'exit', times: 1_000, file }));
    await until(() => errors.length === 2);
    await engine.stop({ force: true });
    // Or it was committed while it was in flight.
    expect([undefined, 'ENGINE_STOPPED']).toContain((await fatal)?.code);
    writeFileSync(file, 'x'.repeat(1_000));
    const second = await open(entry, folder);
    expect(await totalOf(second.engine, 'Kim')).toBe(1);
  });

  test('stopping in order waits for the recovery', async () => {
    const folder = scratch();
    const { engine } = await open(entry, folder);
    const fatal = engine.send(victim, 'Kim', { manner: 'exit', times: 2, file: join(folder, 'died') });
    void engine.send(counter, 'Kim', { add: 1 });
    await engine.stop();
    await fatal;
    const second = await open(entry, folder);
    expect(await totalOf(second.engine, 'Kim')).toBe(1);
  });
});
