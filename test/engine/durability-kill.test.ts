/**
 * What a data directory keeps when its process is killed, with either store: state, messages in flight, invocations under
 * way, what was read and what was written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CIRCLE_HOP_COUNT, HANG_VARIABLE, slow, token } from './durability-module.ts';
import { ENTRY_NAMES, open, scratch, seenInCircle, totalOf, Victim } from './durability-stage.ts';
import { until } from './puppet-engine.ts';

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('a send that has resolved is not lost when the process is killed right then', async () => {
    const folder = scratch();
    let committed = 0;
    for (const count of [1, 7, 40]) {
      const victim = new Victim('send', entry, folder);
      await victim.until((said) => said.length >= count);
      expect(await victim.kill()).toBe(true);
      committed += victim.said.length;
      const { engine } = await open(entry, folder);
      const total = await totalOf(engine, 'Kim');
      // One more may have been committed without anybody knowing.
      expect([committed, committed + 1]).toContain(total);
      committed = total;
      await engine.stop();
    }
  });

  test('an invocation under way when the process is killed runs again, and those that wait for it after it', async () => {
    const folder = scratch();
    const victim = new Victim('busy', entry, folder, { [HANG_VARIABLE]: 'yes' });
    await victim.until((said) => said.length > 0);
    expect(await victim.kill()).toBe(true);
    const { engine } = await open(entry, folder);
    expect(await engine.ask(slow, 'Kim', 'kept?')).toEqual([1, 2, 3]);
  });

  test('messages in flight when the process is killed arrive once', async () => {
    // Another time if the token was already home when somebody looked: then nothing was in flight.
    for (let wasInFlight = false; !wasInFlight; ) {
      const folder = scratch();
      const victim = new Victim('circle', entry, folder);
      await victim.until((said) => said.length > 0);
      expect(await victim.kill()).toBe(true);
      const { engine } = await open(entry, folder);
      // It goes round while it is asked for, by way of the same shards.
      const atStart = await engine.ask(token, '0', 'seen?', { until: 'processed' });
      wasInFlight = (atStart as number) < CIRCLE_HOP_COUNT / 5;
      await engine.drained();
      expect(await seenInCircle(engine, 5)).toBe(CIRCLE_HOP_COUNT);
      await engine.stop();
    }
  });

  test('a file is read once and a file is written once, however often the process is killed', async () => {
    const records = Array.from({ length: 60_000 }, (_, index) => ({ id: `id-${index % 97}`, add: 1 + (index % 5) }));
    let folder: string;
    let killedCount = 0;
    // Another time if all were done before they could be killed.
    do {
      folder = scratch();
      writeFileSync(join(folder, 'input.ndjson'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      for (const bytes of [1, 200_000, 700_000]) {
        const victim = new Victim('pipe', entry, folder);
        await victim.until((said) => said.length > 0);
        await until(() => outputBytes(folder) >= bytes);
        if (await victim.kill()) killedCount++;
      }
    } while (killedCount === 0);
    const last = new Victim('pipe', entry, folder);
    expect(await last.ended()).toBe(0);
    const totals = new Map<string, number[]>();
    for (const { id, total } of outputOf(folder)) totals.set(id, [...(totals.get(id) ?? []), total]);
    const expected = new Map<string, number[]>();
    for (const { id, add } of records) {
      const known = expected.get(id) ?? [];
      expected.set(id, [...known, (known.at(-1) ?? 0) + add]);
    }
    expect(totals).toEqual(expected);
  });
});

function outputText(folder: string): string {
  try {
    return readFileSync(join(folder, 'output.ndjson'), 'utf8');
  } catch {
    return '';
  }
}

function outputBytes(folder: string): number {
  return outputText(folder).length;
}

function outputOf(folder: string): { readonly id: string; readonly total: number }[] {
  return outputText(folder)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly id: string; readonly total: number });
}
