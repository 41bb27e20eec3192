/**
 * The doorbell, model-checked: however its owner and its producers interleave, no wake-up is lost. The controls do lose
 * one, and the explorer must show how.
 */
import { describe, expect, test } from 'vitest';
import { DOORBELL_CONTROLS } from './doorbell-controls.ts';
import { type DoorbellProtocol, doorbellSystem, INTERRUPTED_NAP_PROTOCOL, NAP_PROTOCOL } from './doorbell-model.ts';
import { explore } from './explorer.ts';
import { exploreDoorbells } from './model-run.ts';
import { parkedRingSystem } from './parked-ring-model.ts';

test('no wake-up is lost', async () => {
  const { failure, report } = await exploreDoorbells('small');
  console.log(report);
  expect(failure).toBeUndefined();
});

describe.each([
  { who: 'what can wait', protocol: NAP_PROTOCOL },
  { who: 'somebody in a hurry', protocol: INTERRUPTED_NAP_PROTOCOL },
])('no wake-up is lost by one who naps and then parks, beside $who', ({ protocol }) => {
  test.each([
    { producerCount: 1, messageCount: 2 },
    { producerCount: 2, messageCount: 1 },
  ])('$producerCount producers with $messageCount messages', async (counts) => {
    const scenario = { ...counts, park: 'parkAsync', timeoutCount: 1 } as const;
    expect((await explore(doorbellSystem(scenario, protocol))).violation).toBeUndefined();
  });
});

test('a nap without a limit loses what can wait', async () => {
  const endless: DoorbellProtocol = {
    ...NAP_PROTOCOL,
    rest: (hasInput, bell, park) => NAP_PROTOCOL.rest(hasInput, bell, park, true),
  };
  const scenario = { producerCount: 1, messageCount: 1, park: 'parkAsync', timeoutCount: 0 } as const;
  const { violation } = await explore(doorbellSystem(scenario, endless));
  expect(violation?.what).toMatch(/no thread can go on: owner (sleep|attend) .*, producer 0 done/);
});

const PARKS = { frameCount: 3, whenFull: 'park', declares: 'before looking' } as const;
const LOOKS_AGAIN = { ...PARKS, whenFull: 'look again', ringsBack: 'never' } as const;

describe.each(DOORBELL_CONTROLS)('a wake-up is lost when $mistake', ({ protocol }) => {
  test.each(['park', 'parkAsync'] as const)('by %s', async (park) => {
    const scenario = { producerCount: 1, messageCount: 1, park, timeoutCount: 0 };
    const { violation } = await explore(doorbellSystem(scenario, protocol));
    expect(violation?.what).toMatch(/no thread can go on: owner (sleep|attend) .*, producer 0 done/);
  });

  test('with a ring', async () => {
    const { violation } = await explore(parkedRingSystem({ ...LOOKS_AGAIN, frameCount: 2 }, protocol));
    expect(violation?.what).toMatch(/no thread can go on: producer done, consumer sleep/);
  });
});

describe('a producer that parks beside a full ring', () => {
  test.each([
    { ...PARKS, ringsBack: 'always' },
    { ...PARKS, ringsBack: 'when cramped' },
  ] as const)('goes on when the consumer rings $ringsBack', async (scenario) => {
    expect((await explore(parkedRingSystem(scenario))).violation).toBeUndefined();
  });

  test.each([
    { ...PARKS, ringsBack: 'never' },
    { ...PARKS, ringsBack: 'when cramped', declares: 'after looking' },
  ] as const)('sleeps for ever when the consumer rings $ringsBack and it says so $declares', async (scenario) => {
    const { violation } = await explore(parkedRingSystem(scenario));
    expect(violation?.what).toMatch(/no thread can go on: producer sleep .*, consumer sleep/);
  });
});
