/** Remote functions over restarts, on real threads: what was asked is asked again, and what followed has followed once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Engine, startEngine } from '../../../src/index.ts';
import type { BatchRequest, BatchResponse } from '../../../src/statefun/protocol.ts';
import { until } from '../../engine/puppet-engine.ts';
import { type Answered, type Asked, CHANNEL, RESULTS } from './remote-module.ts';
import { declared, effects, missing, textOf, typed } from './scripted-endpoint.ts';

const TYPE = 'test/remote';

class Life {
  readonly engine: Engine;
  readonly records: (string | undefined)[] = [];
  readonly asked: Asked[];
  readonly #channel: BroadcastChannel;

  private constructor(engine: Engine, channel: BroadcastChannel, asked: Asked[]) {
    this.engine = engine;
    this.#channel = channel;
    this.asked = asked;
    engine.egress(RESULTS, (record) => void this.records.push(textOf(record as never)));
    engine.on('error', () => {});
  }

  static async start(directory: string): Promise<Life> {
    const channel = new BroadcastChannel(CHANNEL);
    const asked: Asked[] = [];
    // A recovery may ask before the engine counts as started.
    channel.onmessage = (event: MessageEvent) => {
      const data = event.data as Asked | Answered;
      if (data.kind === 'request') asked.push(data);
    };
    const module = new URL('./remote-module.ts', import.meta.url);
    const engine = await startEngine({ module, directory, shardCount: 1, maxIntervalMs: 600_000 });
    const life = new Life(engine, channel, asked);
    onTestFinished(async () => await life.end());
    return life;
  }

  send(text: string, id = 'Kim'): Promise<void> {
    return this.engine.send(TYPE, id, typed(text), { until: 'accepted' });
  }

  /** The next request, in the order in which they came. */
  async request(): Promise<Asked> {
    await until(() => this.asked.length > 0);
    return this.asked.shift() as Asked;
  }

  answer({ key }: Asked, response: BatchResponse = effects()): void {
    this.#channel.postMessage({ kind: 'response', key, response } satisfies Answered);
  }

  async end(): Promise<void> {
    this.#channel.close();
    await this.engine.stop({ force: true }).catch(() => {});
  }
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-remote-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

function textsOf({ invocations }: BatchRequest): (string | undefined)[] {
  return invocations.map(({ argument }) => textOf(argument));
}

const COUNT = declared('count');

/** Everything that a response can hold. */
const ALL = effects({
  mutations: [{ name: 'count', value: typed('1') }],
  messages: [{ target: { type: 'test/other', id: 'Ann' }, argument: typed('now') }],
  delayed: [
    { kind: 'send', delayMs: 0, token: '', target: { type: 'test/other', id: 'Bob' }, argument: typed('later') },
  ],
  egresses: [{ egress: RESULTS.type, argument: typed('record') }],
});

test('#19 #27 after a crash before the commit nothing of a response is there, and after one behind it everything', async () => {
  const directory = scratch();
  const first = await Life.start(directory);
  await first.send('go');
  first.answer(await first.request(), missing(COUNT));
  const asked = await first.request();
  await first.engine.checkpoint();
  first.answer(asked, ALL);
  // Its effects are under way, and not committed.
  await first.request();
  await first.end();

  const second = await Life.start(directory);
  const again = await second.request();
  expect([again.request.target.id, textsOf(again.request), again.request.states]).toEqual(['Kim', ['go'], []]);
  second.answer(again, missing(COUNT));
  const known = await second.request();
  expect(known.request.states).toEqual([{ name: 'count', value: undefined }]);
  expect(second.records).toEqual([]);
  second.answer(known, ALL);
  const sent = [await second.request(), await second.request()];
  const told = Object.fromEntries(sent.map(({ request }) => [request.target.id, textsOf(request)]));
  expect(told).toEqual({ Ann: ['now'], Bob: ['later'] });
  for (const one of sent) second.answer(one);
  await second.engine.checkpoint();
  await until(() => second.records.length > 0);
  expect(second.records).toEqual(['record']);
  await second.engine.checkpoint();
  await second.end();

  const third = await Life.start(directory);
  await third.send('look');
  const look = await third.request();
  expect([look.request.states, textsOf(look.request)]).toEqual([[], ['look']]);
  third.answer(look, missing(COUNT));
  expect((await third.request()).request.states).toEqual([{ name: 'count', value: typed('1') }]);
  expect(third.records).toEqual([]);
});

test('#12 #27 a state that is declared as another type after a restart is refused with both names', async () => {
  const directory = scratch();
  const first = await Life.start(directory);
  await first.send('go');
  first.answer(await first.request(), missing(COUNT));
  first.answer(await first.request(), effects({ mutations: [{ name: 'count', value: typed('1') }] }));
  await first.engine.stop();

  const second = await Life.start(directory);
  const errors: string[] = [];
  second.engine.on('error', ({ cause }) => void errors.push(String(cause)));
  await second.send('look');
  second.answer(await second.request(), missing(declared('count', { typename: 'test/other' })));
  await until(() => errors.length > 0);
  expect(errors[0]).toContain('declared as "test/other", and what is stored is of the type "test/bytes"');
});

test('#26 the batch that was under way comes first, as a whole, and then what had waited behind it', async () => {
  const directory = scratch();
  const first = await Life.start(directory);
  await first.send('first');
  const held = await first.request();
  for (const text of ['a', 'b', 'c']) await first.send(text);
  // What comes to the shard behind them has come.
  await first.send('mark', 'Mark');
  first.answer(await first.request());
  first.answer(held);
  const batch = await first.request();
  expect(textsOf(batch.request)).toEqual(['a', 'b', 'c']);
  for (const text of ['d', 'e']) await first.send(text);
  await first.engine.checkpoint();
  await first.end();

  const second = await Life.start(directory);
  const again = await second.request();
  const texts = textsOf(again.request);
  expect(texts.slice(0, 3)).toEqual(['a', 'b', 'c']);
  second.answer(again);
  while (texts.length < 5) {
    const next = await second.request();
    texts.push(...textsOf(next.request));
    second.answer(next);
  }
  expect(texts).toEqual(['a', 'b', 'c', 'd', 'e']);
  await second.engine.stop();
});

test('#29 a delayed message that was due while the engine was down comes at once, and once', async () => {
  const directory = scratch();
  const first = await Life.start(directory);
  await first.send('go');
  const target = { type: 'test/other', id: 'Bob' };
  const late = { kind: 'send', delayMs: 100, token: 't', target, argument: typed('late') } as const;
  first.answer(await first.request(), effects({ delayed: [late] }));
  // The response is on its way to another thread.
  await first.engine.drained();
  await first.engine.checkpoint();
  await first.end();
  await sleep(150);

  const second = await Life.start(directory);
  const due = await second.request();
  expect([due.request.target.id, textsOf(due.request), due.request.invocations[0].caller]).toEqual([
    'Bob',
    ['late'],
    { type: TYPE, id: 'Kim' },
  ]);
  second.answer(due);
  await second.engine.stop();

  const third = await Life.start(directory);
  await third.send('check');
  const check = await third.request();
  expect(textsOf(check.request)).toEqual(['check']);
});

test('#40 time in which the engine is down counts', async () => {
  const directory = scratch();
  const first = await Life.start(directory);
  const states = [declared('short', { mode: 'after-write', afterMs: 150 }), COUNT];
  await first.send('go');
  first.answer(await first.request(), missing(...states));
  const mutations = states.map(({ name }) => ({ name, value: typed('x') }));
  first.answer(await first.request(), effects({ mutations }));
  await first.engine.stop();
  await sleep(150);

  const second = await Life.start(directory);
  await second.send('look');
  second.answer(await second.request(), missing(...states));
  expect((await second.request()).request.states.map(({ value }) => textOf(value))).toEqual([undefined, 'x']);
});
