/**
 * Input through ingresses and routers, on real threads: everything that is read is routed and processed once, bad records
 * are told with their place, and routing a record is all or nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  defineEgress,
  defineIngress,
  defineRouter,
  type IngressSource,
  ndjsonSink,
  ndjsonSource,
  type RouterSend,
} from '../../src/index.ts';
import { counter, puppet, records } from './puppet.ts';
import { IDS, openEngine, until } from './puppet-engine.ts';

const idOf = (number: number): string => IDS[number % IDS.length];

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ingress-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const type = 'test/numbers';

const listOf = (numbers: readonly number[], batch = 7): IngressSource<number> => ({
  replayable: true,
  async *read() {
    for (let at = 0; at < numbers.length; at += batch) {
      yield { records: numbers.slice(at, at + batch), position: at + batch };
    }
  },
});

const routing = (route: (number: number, send: RouterSend) => void) => defineRouter({ ingress: { type }, route });

describe('an ingress', () => {
  test('that never ends is ended by the program, which goes on', async () => {
    let readCount = 0;
    const endless: IngressSource<number> = {
      replayable: true,
      async *read() {
        for (;;) {
          await sleep(1);
          yield { records: [readCount++], position: readCount };
        }
      },
    };
    const { engine } = await openEngine({
      ingresses: [defineIngress({ type, source: endless })],
      routers: [routing((number, send) => send(counter, 'Kim', number))],
    });
    await until(() => readCount > 20);
    engine.closeIngresses();
    await engine.drained();
    const seen = (await engine.ask(counter, 'Kim', 'seen')) as number[];
    expect(seen.length).toBeGreaterThanOrEqual(20);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index));
    await sleep(20);
    expect(await engine.ask(counter, 'Kim', 'seen')).toEqual(seen);
  });

  test('feeds every record through all of its routers, and drained() waits for all of it', async () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => index);
    const toCounter = routing((number, send) => send(counter, idOf(number), number));
    const toPuppet = routing((number, send) => send(puppet, 'Kim', { do: 'egress', value: number }));
    const { engine, errors } = await openEngine({
      ingresses: [defineIngress({ type, source: listOf(numbers) })],
      routers: [toCounter, toPuppet],
    });
    const taken: number[] = [];
    engine.egress(records, (record) => void taken.push(record as number));
    await engine.drained();
    expect(taken).toEqual(numbers);
    for (const [index, id] of IDS.entries()) {
      const seen = await engine.ask(counter, id, 'seen');
      expect(seen).toEqual(numbers.filter((number) => number % IDS.length === index));
    }
    expect(errors).toEqual([]);
  });

  test('that fails at once is heard by who listens right after the start', async () => {
    const failing = {
      replayable: false,
      read: () => {
        throw new Error('no source');
      },
    } as IngressSource<number>;
    const { engine, errors } = await openEngine({ ingresses: [defineIngress({ type, source: failing })] });
    await engine.drained();
    expect(errors).toMatchObject([
      { code: 'INGRESS_FAILED', details: { ingress: type }, cause: { message: 'no source' } },
    ]);
    expect(await engine.ask(puppet, 'Kim', { do: 'echo', value: 1 })).toBe(1);
  });

  test('takes nothing after the engine was told to stop', async () => {
    let readCount = 0;
    const endless: IngressSource<number> = {
      replayable: false,
      async *read(_, { signal }) {
        while (!signal.aborted) yield { records: [++readCount], position: readCount };
      },
    };
    const route = routing((number, send) => send(puppet, 'Kim', { do: 'egress', value: number }));
    const taken: number[] = [];
    const sink = { write: (items: readonly unknown[]) => void taken.push(...(items as number[])) };
    const { engine } = await openEngine({
      ingresses: [defineIngress({ type, source: endless })],
      routers: [route],
      egresses: [defineEgress({ type: records, sink })],
    });
    await until(() => taken.length > 1_000);
    await engine.stop();
    const atStop = readCount;
    // What had been routed was processed; at most what the pump held in its hand was not.
    expect(readCount - taken.length).toBeLessThanOrEqual(1);
    expect(taken).toEqual(Array.from({ length: taken.length }, (_, index) => index + 1));
    await sleep(20);
    expect(readCount).toBe(atStop);
  });
});

describe('a router that throws', () => {
  test('sends nothing of that record, and goes on with the next', async () => {
    const route = routing((number, send) => {
      send(counter, 'Kim', number);
      if (number % 3 === 0) throw new Error(`not ${number}`);
      if (number % 3 === 1) send('test/unknown', 'x', number);
    });
    const { engine, errors } = await openEngine({
      ingresses: [defineIngress({ type, source: listOf([0, 1, 2, 3, 4, 5]) })],
      routers: [route],
    });
    await engine.drained();
    expect(await engine.ask(counter, 'Kim', 'seen')).toEqual([2, 5]);
    expect(errors.map(({ code, details, cause }) => [code, details['record'], (cause as Error).message])).toEqual([
      ['ROUTER_FAILED', 1, 'not 0'],
      ['ROUTER_FAILED', 2, expect.stringContaining('No function of this module is named "test/unknown"')],
      ['ROUTER_FAILED', 4, 'not 3'],
      ['ROUTER_FAILED', 5, expect.stringContaining('test/unknown')],
    ]);
  });

  test('does not keep the other routers from their record', async () => {
    const { engine } = await openEngine({
      ingresses: [defineIngress({ type, source: listOf([1, 2]) })],
      routers: [
        routing(() => {
          throw new Error('no');
        }),
        routing((number, send) => send(counter, 'Kim', number)),
      ],
    });
    await engine.drained();
    expect(await engine.ask(counter, 'Kim', 'seen')).toEqual([1, 2]);
  });
});

describe('NDJSON', () => {
  const text = '{"n":1}\n{"n":2}\nnonsense\n{"n":3}\n';
  const route = defineRouter<{ n: number }>({
    ingress: type,
    route: ({ n }, send) => send(puppet, 'Kim', { do: 'egress', value: { n } }),
  });

  test.each([
    ['skip', [1, 2, 3], 'MALFORMED_RECORD'],
    ['stop', [1, 2], 'INGRESS_FAILED'],
  ] as const)('in and out, with the policy %s for malformed lines', async (onMalformed, expected, code) => {
    const folder = scratch();
    const [input, output] = [join(folder, 'in.ndjson'), join(folder, 'out.ndjson')];
    writeFileSync(input, text);
    const { engine, errors } = await openEngine({
      ingresses: [defineIngress({ type, source: ndjsonSource<{ n: number }>({ path: input, onMalformed }) })],
      routers: [route],
      egresses: [defineEgress({ type: records, sink: ndjsonSink({ path: output }) })],
    });
    await engine.drained();
    await engine.stop();
    expect(readFileSync(output, 'utf8')).toBe(expected.map((n) => `{"n":${n}}\n`).join(''));
    expect(errors).toMatchObject([{ code, details: { line: 3, path: input } }]);
    expect(errors[0]?.message).toContain('line 3: not a JSON value: "nonsense"');
  });
});
