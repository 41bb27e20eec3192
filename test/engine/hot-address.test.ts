/**
 * One address that gets far more than it can do, on real threads: its senders wait for it, from outside and from an
 * ingress; nobody else does; and nothing is lost or comes in another order.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { defineIngress, defineRouter, type Engine } from '../../src/index.ts';
import { counter, type Order, puppet } from './puppet.ts';
import { closedGate, isPending, openEngine, until } from './puppet-engine.ts';

const ACCEPTED = { until: 'accepted' } as const;
/** What may wait for one address, and what senders may have sent before they have heard that it does. */
const WAITING_MAX = 1_024 + 4_096;
/** What lets one go by after the other, in the order in which they came. */
const LOG = { type: 'puppet/counter', id: 'log' };

function slowly(number: number): Order {
  return { do: 'sleep', ms: 0, after: { do: 'send', to: LOG, order: number as never } };
}

async function countOf(engine: Engine, id: string): Promise<number> {
  return (await engine.ask(counter, id, 'count')) as number;
}

test('senders to a hot address wait; what waits is bounded, others are quick, all comes in order', async () => {
  const { engine } = await openEngine({ shardCount: 1 });
  let sentCount = 0;
  let isOver = false;
  const senders = Array.from({ length: 32 }, async () => {
    while (!isOver) await engine.send(puppet, 'hot', slowly(sentCount++), ACCEPTED);
  });
  let otherCount = 0;
  // Until there was a flood, and others went by it more than once.
  for (let overtakenCount = 0; overtakenCount < 5; ) {
    const sentBefore = sentCount;
    const waitingCount = sentBefore - (await countOf(engine, LOG.id));
    expect(waitingCount).toBeLessThan(WAITING_MAX);
    await engine.send(counter, 'other', otherCount, ACCEPTED);
    expect(await countOf(engine, 'other')).toBe(++otherCount);
    // Most of those that waited before it came still do.
    const leftCount = sentBefore - (await countOf(engine, LOG.id));
    if (waitingCount > 500 && leftCount > waitingCount / 2) overtakenCount++;
    await sleep(5);
  }
  isOver = true;
  await Promise.all(senders);
  await engine.drained();
  expect(await engine.ask(counter, LOG.id, 'seen')).toEqual(Array.from({ length: sentCount }, (_, number) => number));
});

test('who sends there until it is committed is held back, too, and then told so even by an engine that ends', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-hot-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  const { engine } = await openEngine({ shardCount: 1, directory });
  const quick: Order = { do: 'sleep', ms: 0 };
  const [hotGate, stuckGate] = [closedGate(), closedGate()];
  for (const [id, { gate }] of [
    ['hot', hotGate],
    ['stuck', stuckGate],
  ] as const) {
    await engine.send(puppet, id, { do: 'wait', gate });
    for (let count = 0; count < 3_000; count++) engine.send(puppet, id, quick, ACCEPTED).catch(() => {});
  }
  const [hot, stuck] = [engine.send(puppet, 'hot', quick), engine.send(puppet, 'stuck', quick)];
  // When this has come back a commit is over, and it was theirs, too; so much more when it has twice.
  for (let round = 0; round < 2; round++) await engine.send(puppet, 'cool', quick);
  expect(await Promise.all([isPending(hot), isPending(stuck)])).toEqual([true, true]);
  hotGate.open();
  await hot;
  await engine.stop({ force: true });
  await stuck;
});

test('an ingress whose router floods somebody waits, another goes on', async () => {
  const taken = { hot: 0, cool: 0 };
  const isOver = { hot: false, cool: false };
  const ingresses = (['hot', 'cool'] as const).map((name) =>
    defineIngress<number>({
      type: `test/${name}`,
      source: {
        replayable: false,
        async *read() {
          while (!isOver[name]) {
            yield { records: Array.from({ length: 16 }, () => taken[name]++), position: undefined };
            if (name === 'cool') await sleep(2);
          }
        },
      },
    }),
  );
  const { gate, open } = closedGate();
  const first: Order = { do: 'wait', gate, after: { do: 'send', to: LOG, order: 0 as never } };
  const routers = [
    defineRouter<number>({
      ingress: 'test/hot',
      route: (number, send) => send(puppet, 'hot', number === 0 ? first : slowly(number)),
    }),
    defineRouter<number>({ ingress: 'test/cool', route: (number, send) => send(counter, 'cool', number) }),
  ];
  const { engine } = await openEngine({ shardCount: 1, ingresses, routers });
  await until(() => taken.hot > 1_000);
  const before = taken.cool;
  await until(() => taken.cool > before + 1_000);
  isOver.cool = true;
  const held = taken.hot;
  expect(held).toBeLessThan(WAITING_MAX);
  open();
  await until(() => taken.hot > held);
  expect(taken.hot - (await countOf(engine, LOG.id))).toBeLessThan(WAITING_MAX);
  isOver.hot = true;
  await engine.drained();
  expect(await engine.ask(counter, LOG.id, 'seen')).toEqual(Array.from({ length: taken.hot }, (_, number) => number));
});

test('an address that never goes on keeps nobody from ending the engine', async () => {
  let takenCount = 0;
  const source = {
    replayable: false,
    async *read() {
      for (;;) yield { records: [takenCount++], position: undefined };
    },
  };
  const ingress = defineIngress<number>({ type: 'test/stuck', source });
  const stuck: Order = { do: 'sleep', ms: 1e9 };
  const router = defineRouter<number>({ ingress: 'test/stuck', route: (_, send) => send(puppet, 'stuck', stuck) });
  const { engine } = await openEngine({ shardCount: 1, ingresses: [ingress], routers: [router] });
  await until(() => takenCount > 1_000);
  let held: Promise<unknown> | undefined;
  let isHeld = false;
  while (!isHeld) {
    held = engine.send(puppet, 'stuck', stuck, ACCEPTED);
    held.catch(() => {});
    isHeld = (await Promise.race([held, sleep(100, 'late')])) === 'late';
  }
  await engine.stop({ force: true });
  await expect(held).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
});
