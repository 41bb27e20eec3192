/**
 * The doorbell, model-checked: however its owner and its producers interleave, no wake-up is lost. The controls do lose
 * one, and the explorer must show how.
 */
import { describe, expect, test } from 'vitest';
import { DOORBELL_CONTROLS } from './doorbell-controls.ts';
import { doorbellSystem } from './doorbell-model.ts';
import { explore } from './explorer.ts';
import { exploreDoorbells } from './model-run.ts';
import { parkedRingSystem } from './parked-ring-model.ts';

test('no wake-up is lost', async () => {
  const { failure, report } = await exploreDoorbells('small');
  console.log(report);
  expect(failure).toBeUndefined();
});

describe.each(DOORBELL_CONTROLS)('a wake-up is lost when $mistake', ({ protocol }) => {
  test.each(['park', 'parkAsync'] as const)('by %s', async (park) => {
    const scenario = { producerCount: 1, messageCount: 1, park, timeoutCount: 0 };
    const { violation } = await explore(doorbellSystem(scenario, protocol));
    expect(violation?.what).toMatch(/no thread can go on: owner sleep .*, producer 0 done/);
  });

  test('with a ring', async () => {
    const scenario = { frameCount: 2, whenFull: 'look again', ringsBack: false } as const;
    const { violation } = await explore(parkedRingSystem(scenario, protocol));
    expect(violation?.what).toMatch(/no thread can go on: producer done, consumer sleep/);
  });
});

test('a producer that parks beside a full ring sleeps for ever unless the consumer rings for the room', async () => {
  const scenario = { frameCount: 3, whenFull: 'park' } as const;
  const silent = await explore(parkedRingSystem({ ...scenario, ringsBack: false }));
  expect(silent.violation?.what).toMatch(/no thread can go on: producer sleep .*, consumer sleep/);
  const { violation } = await explore(parkedRingSystem({ ...scenario, ringsBack: true }));
  expect(violation).toBeUndefined();
});
