/** Dead letters on real threads, in memory and with both stores: what is in them, and what can be done with them. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DeadLetter, type DeadLetterFilter, type Engine, type QuarantineEvent } from '../../src/index.ts';
import { alarms, fuse, HEALED_VARIABLE, type Job, parking, strict, stubborn, sums, work } from './failing-module.ts';
import { ENTRY_NAMES, open, rejection, scratch, Victim } from './durability-stage.ts';
import { openEngine, until } from './puppet-engine.ts';

const FAILING_MODULE = new URL('./failing-module.ts', import.meta.url);
const FLOOD_COUNT = Number(process.env['MILLRACE_DEAD_LETTERS'] ?? 100_000);

/** What is started from here on handles what failed before. */
function heal(): void {
  process.env[HEALED_VARIABLE] = 'yes';
  onTestFinished(fallIll);
}

function fallIll(): void {
  delete process.env[HEALED_VARIABLE];
}

async function all(engine: Engine, filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of engine.deadLetters.list(filter)) letters.push(letter);
  return letters;
}

function numbersOf(letters: readonly DeadLetter[]): number[] {
  return letters.map(({ message }) => (message as { n: number }).n).toSorted((a, b) => a - b);
}

async function sendJobs(engine: Engine, count: number): Promise<void> {
  const sent = Array.from({ length: count }, (_, n) => engine.send(work, `id-${n % 97}`, { n, fail: `no ${n % 5}` }));
  await Promise.all(sent);
  await engine.drained();
}

async function doneBy(engine: Engine): Promise<number[]> {
  const ids = Array.from({ length: 97 }, (_, index) => `id-${index}`);
  const done = await Promise.all(ids.map((id) => engine.ask(work, id, 'done?')));
  return done.flat().toSorted((a, b) => a - b);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Kills processes that send dead letters again, and compares after each. Returns how many were killed in time. */
async function killedRedrives(entry: string): Promise<number> {
  fallIll();
  const folder = scratch();
  const count = 12_000;
  const first = await open(entry, folder, { module: FAILING_MODULE });
  first.engine.egress(alarms, () => {});
  await sendJobs(first.engine, count);
  await first.engine.stop();
  heal();
  let killedCount = 0;
  let leftBefore = count;
  for (const share of [0.1, 0.3, 0.5]) {
    const victim = new Victim('redrive', entry, folder, { [HEALED_VARIABLE]: 'yes' }, './failing-child.ts');
    await victim.until((said) => said.some((what) => typeof what === 'number' && what > leftBefore * share));
    if (await victim.kill()) killedCount++;
    const { engine } = await open(entry, folder, { module: FAILING_MODULE });
    engine.egress(alarms, () => {});
    await engine.drained();
    const left = numbersOf(await all(engine));
    const done = await doneBy(engine);
    expect([...left, ...done].toSorted((a, b) => a - b)).toEqual(range(count));
    expect(await engine.ask(sums, 'all', 'sum?')).toMatchObject({ count: done.length });
    leftBefore = left.length;
    await engine.stop();
  }
  const last = new Victim('redrive', entry, folder, { [HEALED_VARIABLE]: 'yes' }, './failing-child.ts');
  expect(await last.ended()).toBe(0);
  expect(last.said.at(-1)).toBe(`redriven ${leftBefore}, left 0`);
  return killedCount;
}

describe('in memory', () => {
  test('a dead letter says all that is known, and each is an event for the egress that wants it', async () => {
    const { engine, errors } = await openEngine({ module: FAILING_MODULE });
    const told: QuarantineEvent[] = [];
    engine.egress(alarms, (event) => void told.push(event));
    const before = Date.now();
    await engine.send(work, 'a', { n: 7, fail: 'broken' });
    await engine.drained();
    const [letter, ...more] = await all(engine);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({
      target: { type: 'failing/work', id: 'a' },
      source: undefined,
      message: { n: 7, fail: 'broken' },
      attempts: 1,
      error: { name: 'RangeError', message: 'broken', code: 'E_JOB', stack: expect.stringContaining('failing-module') },
    });
    expect(letter.failedAt).toBeGreaterThanOrEqual(before - 5);
    expect(told).toMatchObject([{ kind: 'dead-letter', address: letter.target, deadLetter: letter.id }]);
    expect(errors.map(({ code }) => code)).toEqual(['INVOCATION_FAILED']);
  });

  test('filters, limits and cursors select what they say', async () => {
    const { engine } = await openEngine({ module: FAILING_MODULE });
    engine.egress(alarms, () => {});
    await sendJobs(engine, 600);
    const letters = await all(engine);
    expect(numbersOf(letters)).toEqual(range(600));
    expect(new Set(letters.map(({ id }) => id)).size).toBe(600);
    expect(numbersOf(await all(engine, { id: 'id-1?' }))).toEqual(
      range(600).filter((n) => /^1\d$/.test(String(n % 97))),
    );
    expect(numbersOf(await all(engine, { error: 'no 3' }))).toEqual(range(600).filter((n) => n % 5 === 3));
    expect(await all(engine, { error: 'E_*', type: 'failing/w*' })).toHaveLength(600);
    expect(await all(engine, { type: 'failing/x' })).toEqual([]);
    const middle = letters[300].failedAt;
    const [early, late] = await Promise.all([all(engine, { to: middle }), all(engine, { from: new Date(middle) })]);
    expect(numbersOf([...early, ...late])).toEqual(range(600));
    expect(early.every(({ failedAt }) => failedAt < middle)).toBe(true);
    const paged: DeadLetter[] = [];
    for (let after: string | undefined; ; after = paged.at(-1)?.id) {
      const options = after === undefined ? { limit: 70 } : { limit: 70, after };
      const page = await all(engine, options as DeadLetterFilter);
      paged.push(...page);
      if (page.length < 70) break;
    }
    expect(paged).toEqual(letters);
  });

  test('a dead letter is edited and sent again, dropped, or stays when its number is known to nobody', async () => {
    const { engine } = await openEngine({ module: FAILING_MODULE });
    engine.egress(alarms, () => {});
    await sendJobs(engine, 3);
    const [one, two, three] = await all(engine);
    expect(await engine.deadLetters.edit(one.id, { n: 1000 })).toBe(true);
    expect(await engine.deadLetters.redrive([one.id, one.id])).toEqual({ count: 1, left: 0 });
    await engine.drained();
    expect(await engine.ask(work, one.target.id, 'done?')).toEqual([1000]);
    expect(await engine.deadLetters.edit(one.id, 'too late')).toBe(false);
    expect(await engine.deadLetters.redrive(one.id)).toEqual({ count: 0, left: 0 });
    expect(await engine.deadLetters.drop([two.id])).toEqual({ count: 1, left: 0 });
    expect((await all(engine)).map(({ id }) => id)).toEqual([three.id]);
    expect(await engine.deadLetters.redrive({})).toEqual({ count: 1, left: 0 });
    await engine.drained();
    // It has failed again, and is another one now.
    expect(numbersOf(await all(engine))).toEqual(numbersOf([three]));
  });

  test('many are edited by a function, those of a filter or of some ids, in batches', async () => {
    const { engine } = await openEngine({ module: FAILING_MODULE });
    engine.egress(alarms, () => {});
    await sendJobs(engine, 2_500);
    const edited: number[] = [];
    const told: number[] = [];
    const onProgress = (count: number): void => void told.push(count);
    const outcome = await engine.deadLetters.edit(
      { error: 'no ?' },
      ({ message }) => {
        const { n } = message as Job;
        edited.push(n);
        return n % 2 === 0 ? { n: n + 10_000 } : undefined;
      },
      { onProgress },
    );
    expect(outcome).toEqual({ count: 1_250, left: 1_250 });
    expect(numbersOf(await all(engine))).toEqual([
      ...range(2_500).filter((n) => n % 2 === 1),
      ...range(2_500)
        .filter((n) => n % 2 === 0)
        .map((n) => n + 10_000),
    ]);
    expect(edited.toSorted((a, b) => a - b)).toEqual(range(2_500));
    expect(told.at(-1)).toBe(1_250);

    const some = await all(engine, { limit: 300 } as DeadLetterFilter);
    const ids = [...some.map(({ id }) => id), '0'.repeat(24)];
    expect(await engine.deadLetters.edit(ids, () => ({ n: -1 }))).toEqual({ count: 300, left: 0 });
    expect((await all(engine)).filter(({ message }) => (message as Job).n === -1)).toEqual(
      some.map((letter) => ({ ...letter, message: { n: -1 } })),
    );
    expect(await engine.deadLetters.edit([], () => 0)).toEqual({ count: 0, left: 0 });
    expect((await rejection(engine.deadLetters.edit({}, { n: 1 } as never)))?.code).toBe('INVALID_FILTER');
  });

  test('what its function would refuse is no message for a dead letter', async () => {
    const { engine } = await openEngine({ module: FAILING_MODULE });
    engine.egress(alarms, () => {});
    for (const n of [1, 2, 3]) await engine.send(strict, 'Kim', n);
    await engine.drained();
    const [one] = await all(engine);
    expect((await rejection(engine.deadLetters.edit(one.id, 'many')))?.code).toBe('MESSAGE_INVALID');
    const wrong = engine.deadLetters.edit({}, ({ message }) => (message === 3 ? -1 : 7));
    expect((await rejection(wrong))?.code).toBe('MESSAGE_INVALID');
    expect((await all(engine)).map(({ message }) => message)).toEqual([1, 2, 3]);
    expect(await engine.deadLetters.edit(one.id, 5)).toBe(true);
    expect(await engine.deadLetters.edit('0'.repeat(24), 'many')).toBe(false);
    expect((await all(engine)).map(({ message }) => message)).toEqual([5, 2, 3]);
  });

  test('what selects nothing sensible is refused', async () => {
    const { engine } = await openEngine({ module: FAILING_MODULE });
    const refused = await Promise.all([
      rejection(engine.deadLetters.redrive(undefined as never)),
      rejection(engine.deadLetters.drop(['no such id'])),
      rejection(engine.deadLetters.drop({ from: 'yesterday' as never })),
      rejection(all(engine, { type: 5 as never })),
    ]);
    expect(refused.map((error) => error?.code)).toEqual(refused.map(() => 'INVALID_FILTER'));
    expect((await rejection(engine.deadLetters.edit('0'.repeat(24), () => {})))?.code).toBe('MESSAGE_NOT_ENCODABLE');
    await engine.stop();
    expect((await rejection(engine.deadLetters.redrive({})))?.code).toBe('ENGINE_STOPPED');
  });

  test('a message is tried again after its pauses', async () => {
    const { engine, errors } = await openEngine({ module: FAILING_MODULE });
    const startedAt = performance.now();
    expect(await engine.ask(stubborn, 'a', 'Kim')).toBe(3);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(20 * 0.8 + 40 * 0.8 - 2);
    expect(errors).toEqual([]);
    expect(await all(engine)).toEqual([]);
  });

  test('a function that stops the engine fails it with its own error', async () => {
    const { engine, errors } = await openEngine({ module: FAILING_MODULE });
    expect(await rejection(engine.ask(fuse, 'a', 'blow'))).toMatchObject({
      code: 'FUNCTION_FAILED',
      details: { type: 'failing/fuse', id: 'a', error: 'Error: blown' },
    });
    // Listeners are told of nothing before the turn after the start.
    await until(() => errors.length > 0);
    expect(errors.map(({ code }) => code)).toEqual(['FUNCTION_FAILED']);
  });
});

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('a parked address keeps its messages over restarts, in order, and goes on with or without the first', async () => {
    const folder = scratch();
    const first = await open(entry, folder, { module: FAILING_MODULE });
    const told: QuarantineEvent[] = [];
    first.engine.egress(alarms, (event) => void told.push(event));
    for (const id of ['a', 'b']) {
      for (const n of [0, 1, 2, 3, 4]) await first.engine.send(parking, id, n === 1 ? { n, fail: 'stuck' } : { n });
    }
    await first.engine.drained();
    expect(told.map(({ kind, address }) => `${kind} ${address.id}`).toSorted()).toEqual(['parked a', 'parked b']);
    const parked = [];
    for await (const each of first.engine.parked.list({ error: 'stuck' })) parked.push(each);
    expect(parked).toMatchObject([0, 1].map(() => ({ message: { n: 1 }, waiting: 4, attempts: 1 })));
    // It fails again, and is parked again.
    expect(await first.engine.parked.unpark({ type: 'failing/parking', id: 'a' })).toBe(1);
    await first.engine.drained();
    await first.engine.send(parking, 'a', { n: 5 });
    await first.engine.stop();
    heal();
    const { engine } = await open(entry, folder, { module: FAILING_MODULE, shardCount: 3 });
    engine.egress(alarms, () => {});
    await engine.send(parking, 'a', { n: 6 });
    expect(await engine.parked.unpark({ type: 'failing/parking', id: 'a' })).toBe(1);
    expect(await engine.parked.unpark({ id: 'b*' }, { first: 'drop' })).toBe(1);
    await engine.drained();
    expect(await engine.ask(parking, 'a', 'done?')).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await engine.ask(parking, 'b', 'done?')).toEqual([0, 2, 3, 4]);
    for await (const each of engine.parked.list()) expect.unreachable(`${each.address.id} is parked`);
    expect(await all(engine)).toEqual([]);
  });

  test('one address is let go on by its name, whatever that holds, and many by a pattern', async () => {
    const { engine } = await open(entry, scratch(), { module: FAILING_MODULE });
    engine.egress(alarms, () => {});
    const ids = ['what?', 'whats', 'what*', String.raw`what\?`, 'other'];
    for (const id of ids) await engine.send(parking, id, { n: 1, fail: 'stuck' });
    await engine.drained();
    const left = async (id: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { address } of engine.parked.list({ id })) found.push(address.id);
      return found.toSorted((one, other) => (one < other ? -1 : 1));
    };
    const drop = { first: 'drop' } as const;
    expect(await engine.parked.unpark({ type: 'failing/parking', id: 'what?' }, drop)).toBe(1);
    expect(await left('*')).toEqual(['other', 'what*', String.raw`what\?`, 'whats']);
    expect(await engine.parked.unpark({ type: 'failing/parking', id: String.raw`what\?` }, drop)).toBe(1);
    expect(await left('*')).toEqual(['other', 'what*', 'whats']);
    expect(await left(String.raw`what\*`)).toEqual(['what*']);
    expect(await left('what?')).toEqual(['what*', 'whats']);
    expect(await engine.parked.unpark({ type: 'failing/*', id: 'what?' }, drop)).toBe(2);
    expect(await left('*')).toEqual(['other']);
  });

  test('dead letters are there after a restart, with another number of shards, too, and are sent again once', async () => {
    const folder = scratch();
    const first = await open(entry, folder, { module: FAILING_MODULE });
    first.engine.egress(alarms, () => {});
    await sendJobs(first.engine, 500);
    await first.engine.stop();
    heal();
    const { engine } = await open(entry, folder, { module: FAILING_MODULE, shardCount: 3 });
    engine.egress(alarms, () => {});
    expect(numbersOf(await all(engine))).toEqual(range(500));
    expect(await engine.deadLetters.redrive({ error: 'no 2' })).toEqual({ count: 100, left: 0 });
    expect(await engine.deadLetters.drop({ error: 'no 3' })).toEqual({ count: 100, left: 0 });
    expect(await engine.deadLetters.redrive({})).toEqual({ count: 300, left: 0 });
    await engine.drained();
    expect(await doneBy(engine)).toEqual(range(500).filter((n) => n % 5 !== 3));
    expect(await all(engine)).toEqual([]);
  });

  test('a function that stops the engine has consumed nothing: a later start tries the message again', async () => {
    const folder = scratch();
    const first = await open(entry, folder, { module: FAILING_MODULE, maxIntervalMs: 10 });
    // It is sent again, however often it fails before it is committed.
    const sent = await rejection(first.engine.send(fuse, 'a', 'blow'));
    await until(() => first.errors.some(({ code }) => code === 'FUNCTION_FAILED'));
    expect(sent === undefined || sent.code === 'FUNCTION_FAILED').toBe(true);
    heal();
    const { engine } = await open(entry, folder, { module: FAILING_MODULE });
    await engine.drained();
    // Without an acknowledgement nobody knows whether it was committed.
    expect(sent === undefined ? [1] : [0, 1]).toContain(await engine.ask(fuse, 'a', 'done?'));
  });

  test('killed over and over while it sends them again, each is done once or still there', async () => {
    let killedCount = 0;
    // Another time if all was done before it could be killed.
    while (killedCount === 0) killedCount = await killedRedrives(entry);
    expect(killedCount).toBeGreaterThan(0);
  });
});

test(`${FLOOD_COUNT} dead letters are listed and sent again in bounded memory`, async () => {
  const folder = scratch();
  const first = await open('millrace', folder, { module: FAILING_MODULE, memory: 256 << 20 });
  first.engine.egress(alarms, () => {});
  first.engine.on('error', () => {});
  for (let n = 0; n < FLOOD_COUNT; n++) {
    const sent = first.engine.send(work, `id-${n % 9_973}`, { n, fail: 'no' }, { until: 'accepted' });
    if (n % 256 > 0) continue;
    await sent;
    // Each of them is an error with a stack: kept, they would be all of the memory.
    first.errors.length = 0;
  }
  first.errors.length = 0;
  await first.engine.drained();
  await first.engine.stop();
  heal();
  // Less than the dead letters would take all together, were there enough of them.
  const { engine } = await open('millrace', folder, { module: FAILING_MODULE, memory: 64 << 20, maxHeapMiB: 96 });
  engine.egress(alarms, () => {});
  let listed = 0;
  for await (const { message } of engine.deadLetters.list()) listed += (message as { n: number }).n >= 0 ? 1 : 0;
  expect(listed).toBe(FLOOD_COUNT);
  const progress: number[] = [];
  const outcome = await engine.deadLetters.redrive({}, { onProgress: (count) => void progress.push(count) });
  expect(outcome).toEqual({ count: FLOOD_COUNT, left: 0 });
  expect(progress.length).toBeGreaterThan(10);
  expect(progress.at(-1)).toBe(FLOOD_COUNT);
  await engine.drained();
  expect(await engine.ask(sums, 'all', 'sum?')).toEqual({
    count: FLOOD_COUNT,
    sum: (FLOOD_COUNT * (FLOOD_COUNT - 1)) / 2,
  });
  expect(await all(engine, { type: '*' })).toEqual([]);
});
