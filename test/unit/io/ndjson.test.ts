/**
 * NDJSON in and out: every line is taken once wherever reads end, what is malformed is told with its line, and a position
 * is a place to read on from.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { type MillraceError, ndjsonSink, ndjsonSource, type NdjsonSourceOptions } from '../../../src/index.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ndjson-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'lines.ndjson');
}

interface Reading {
  readonly records: unknown[];
  readonly positions: unknown[];
  readonly skipped: MillraceError[];
  readonly error: MillraceError | undefined;
}

async function readAll(options: NdjsonSourceOptions, from?: unknown): Promise<Reading> {
  const reading = {
    records: [] as unknown[],
    positions: [] as unknown[],
    skipped: [] as MillraceError[],
    error: undefined,
  };
  const hooks = {
    skipped: (error: MillraceError) => void reading.skipped.push(error),
    signal: new AbortController().signal,
  };
  try {
    for await (const { records, position } of ndjsonSource(options).read(from, hooks)) {
      reading.records.push(...records);
      reading.positions.push(position);
    }
  } catch (error) {
    return { ...reading, error: error as MillraceError };
  }
  return reading;
}

/** Lines so long that reads end in the middle of many, characters included. */
const LINES = Array.from({ length: 400 }, (_, index) => ({ index, text: 'é号🐎'.repeat(index % 97) }));

test.each(['\n', '\r\n', '\n\n'])('reads every record, with lines that end in %j', async (newline) => {
  const path = scratch();
  for (const last of ['', newline]) {
    writeFileSync(path, LINES.map((line) => JSON.stringify(line)).join(newline) + last);
    expect((await readAll({ path })).records).toEqual(LINES);
    expect((await readAll({ path: pathToFileURL(path) })).records).toEqual(LINES);
  }
});

test('an empty file has no records', async () => {
  const path = scratch();
  writeFileSync(path, '');
  expect(await readAll({ path })).toMatchObject({ records: [], skipped: [], error: undefined });
});

test('reads on from any position it gave', async () => {
  const path = scratch();
  writeFileSync(path, LINES.map((line) => JSON.stringify(line)).join('\n'));
  const { positions } = await readAll({ path });
  expect(positions.length).toBeGreaterThan(2);
  let before = 0;
  for (const position of positions) {
    const { records } = await readAll({ path }, structuredClone(position));
    expect(records).toEqual(LINES.slice(LINES.length - records.length));
    expect(LINES.length - records.length).toBeGreaterThanOrEqual(before);
    before = LINES.length - records.length;
  }
  expect(before).toBe(LINES.length);
});

test('a malformed line is skipped and told, with its number; all others are taken', async () => {
  const path = scratch();
  const property = fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), async (good) => {
    writeFileSync(path, good.map((isGood, index) => (isGood ? `[${index}]` : '{"half":')).join('\n'));
    const { records, skipped } = await readAll({ path, onMalformed: 'skip' });
    expect(records).toEqual(good.flatMap((isGood, index) => (isGood ? [[index]] : [])));
    expect(skipped.map(({ code, details }) => [code, details['line']])).toEqual(
      good.flatMap((isGood, index) => (isGood ? [] : [['MALFORMED_RECORD', index + 1]])),
    );
  });
  await fc.assert(property, { numRuns: 40 });
});

test('by default a malformed line stops the reading, after everything before it', async () => {
  const path = scratch();
  writeFileSync(path, '{"a":1}\n\n{"a":2}\nnot JSON\n{"a":3}\n');
  const { records, error, positions, skipped } = await readAll({ path });
  expect(records).toEqual([{ a: 1 }, { a: 2 }]);
  expect(skipped).toEqual([]);
  expect(error).toMatchObject({ code: 'MALFORMED_RECORD', details: { line: 4, path } });
  expect(error?.message).toContain(`${path}, line 4: not a JSON value: "not JSON".`);
  // The position is that of the malformed line: once it has been mended, nothing is lost and nothing comes twice.
  writeFileSync(path, '{"a":1}\n\n{"a":2}\n{"b":9}\n{"a":3}\n');
  expect((await readAll({ path }, positions.at(-1))).records).toEqual([{ b: 9 }, { a: 3 }]);
});

test('a line that is too long is malformed, whether or not it ends in the same read', async () => {
  const path = scratch();
  for (const length of [200, 100_000, 200_000]) {
    for (const last of ['', '\n', '\n{"a":2}']) {
      writeFileSync(path, `{"a":1}\n"${'x'.repeat(length)}"${last}`);
      const { records, skipped } = await readAll({ path, maxLineBytes: 100, onMalformed: 'skip' });
      expect(records).toEqual(last.length > 1 ? [{ a: 1 }, { a: 2 }] : [{ a: 1 }]);
      expect(skipped.map(({ details }) => details['line'])).toEqual([2]);
      expect((await readAll({ path, maxLineBytes: 100 })).error).toMatchObject({ details: { line: 2 } });
    }
  }
});

test('a file that is not there is an error', async () => {
  expect((await readAll({ path: '/nowhere/at/all' })).error).toMatchObject({ code: 'ENOENT' });
});

test('what is no path and no policy is refused at once', () => {
  const refused: unknown = expect.objectContaining({ code: 'INVALID_DEFINITION' });
  for (const path of [undefined, '', 5, new URL('https://example.com/x')]) {
    expect(() => ndjsonSource({ path: path as string })).toThrow(refused);
    expect(() => ndjsonSink({ path: path as string })).toThrow(refused);
  }
  expect(() => ndjsonSource({ path: 'x', onMalformed: 'ignore' as 'skip' })).toThrow(/is "ignore"; allowed is 'stop'/);
});

test.each<[string, () => unknown, string]>([
  [
    'a source of nothing',
    () => ndjsonSource(undefined as never),
    'ndjsonSource must be an object with the fields path, ',
  ],
  ['a sink of nothing', () => ndjsonSink(undefined as never), 'ndjsonSink must be an object with the fields path, '],
  [
    'a field that no source has',
    () => ndjsonSource({ path: 'x', onMalfromed: 'skip' } as never),
    'The argument of ndjsonSource has no field "onMalfromed"; its fields are path, onMalformed, maxLineBytes.',
  ],
  [
    'a field that no sink has',
    () => ndjsonSink({ path: 'x', stringfy: String } as never),
    'The argument of ndjsonSink has no field "stringfy"; its fields are path, stringify.',
  ],
  [
    'a length that is a text',
    () => ndjsonSource({ path: 'x', maxLineBytes: '1 MiB' } as never),
    'ndjsonSource: maxLineBytes is "1 MiB"; allowed is a whole number from 1.',
  ],
  ['a length of 0', () => ndjsonSource({ path: 'x', maxLineBytes: 0 }), 'ndjsonSource: maxLineBytes is 0; '],
  [
    'lines that nothing makes',
    () => ndjsonSink({ path: 'x', stringify: 'csv' } as never),
    'ndjsonSink: stringify is "csv"; allowed is a function.',
  ],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
  expect(make).toThrow(message);
});

test('standard input cannot be read again, files can', () => {
  expect(ndjsonSource({ path: '-' }).replayable).toBe(false);
  expect(ndjsonSource({ path: 'x' }).replayable).toBe(true);
});

test('the sink writes a line per record, and begins anew', async () => {
  const path = scratch();
  for (let round = 0; round < 2; round++) {
    const sink = ndjsonSink({ path });
    await sink.open?.(undefined);
    await sink.write(LINES.slice(0, 200), 0);
    await sink.write([], 200);
    await sink.write(LINES.slice(200), 200);
    await sink.close?.();
    expect(readFileSync(path, 'utf8')).toBe(LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  expect((await readAll({ path })).records).toEqual(LINES);
});

test('how a record becomes a line can be chosen', async () => {
  const path = scratch();
  const sink = ndjsonSink<bigint>({ path, stringify: (record) => `"${record}"` });
  await sink.open?.(undefined);
  await sink.write([1n, 2n ** 70n], 0);
  await sink.close?.();
  expect(readFileSync(path, 'utf8')).toBe('"1"\n"1180591620717411303424"\n');
});
