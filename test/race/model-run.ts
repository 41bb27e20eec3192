/**
 * Explores all rings, or all doorbells, of one size, and says how many states that were: for the tests and for the
 * command line.
 */
import { type DoorbellScenario, doorbellSystem } from './doorbell-model.ts';
import { explore, type System, type Verdict } from './explorer.ts';
import { type ParkedRingScenario, parkedRingSystem } from './parked-ring-model.ts';
import { ringSystem, title } from './ring-model.ts';
import { type ModelSize, ringScenarios } from './ring-scenarios.ts';

export interface ModelResult {
  readonly stateCount: number;
  readonly report: string;
  /** The first counterexample. */
  readonly failure: string | undefined;
}

interface Case {
  readonly group: string;
  readonly title: string;
  readonly system: System;
}

export function exploreRings(size: ModelSize): Promise<ModelResult> {
  const cases = ringScenarios(size).map((scenario) => ({
    group: `rings of ${scenario.capacityBytes} bytes`,
    title: title(scenario),
    system: ringSystem(scenario),
  }));
  return exploreAll(cases);
}

export function exploreDoorbells(size: ModelSize): Promise<ModelResult> {
  const scenarios = doorbellScenarios(size).map((scenario) => ({
    group: `doorbells with ${scenario.producerCount} producers`,
    title: JSON.stringify(scenario),
    system: doorbellSystem(scenario),
  }));
  const together = parkedRingScenarios(size).map((scenario) => ({
    group: 'a ring with doorbells',
    title: JSON.stringify(scenario),
    system: parkedRingSystem(scenario),
  }));
  return exploreAll([...scenarios, ...together]);
}

function doorbellScenarios(size: ModelSize): DoorbellScenario[] {
  const counts =
    size === 'small'
      ? [
          [1, 1],
          [1, 2],
          [1, 3],
          [2, 1],
        ]
      : [
          [1, 4],
          [3, 1],
        ];
  return counts.flatMap(([producerCount, messageCount]) => [
    ...(['park', 'parkAsync'] as const).flatMap((park) =>
      [0, 1].map((timeoutCount) => ({ producerCount, messageCount, park, timeoutCount })),
    ),
    // Several sleeps with one wait: two and then a third one in the smaller cases, and with each way to end.
    { producerCount, messageCount, park: 'parkAsync', timeoutCount: 0, ownWakeCount: messageCount < 3 ? 2 : 1 },
    ...(messageCount < 3
      ? [{ producerCount, messageCount, park: 'parkAsync', timeoutCount: 2, ownWakeCount: 1 } as const]
      : []),
  ]);
}

function parkedRingScenarios(size: ModelSize): ParkedRingScenario[] {
  const frameCount = size === 'small' ? 3 : 4;
  const declares = 'before looking';
  return [
    { frameCount, declares, whenFull: 'look again', ringsBack: 'never' },
    { frameCount, declares, whenFull: 'park', ringsBack: 'always' },
    { frameCount, declares, whenFull: 'park', ringsBack: 'when cramped' },
  ];
}

async function exploreAll(cases: readonly Case[]): Promise<ModelResult> {
  const groups = new Map<string, { caseCount: number; stateCount: number; stepCount: number }>();
  let failure: string | undefined;
  for (const { group, title: name, system } of cases) {
    const verdict = await explore(system);
    const sum = groups.get(group) ?? { caseCount: 0, stateCount: 0, stepCount: 0 };
    groups.set(group, {
      caseCount: sum.caseCount + 1,
      stateCount: sum.stateCount + verdict.stateCount,
      stepCount: sum.stepCount + verdict.stepCount,
    });
    failure = counterexample(name, verdict);
    if (failure !== undefined) break;
  }
  const lines = [...groups].map(
    ([group, { caseCount, stateCount, stepCount }]) =>
      `${group}: ${caseCount} scenarios, ${stateCount} states, ${stepCount} steps`,
  );
  const stateCount = [...groups.values()].reduce((sum, group) => sum + group.stateCount, 0);
  return { stateCount, report: [...lines, `${stateCount} states in all`].join('\n'), failure };
}

function counterexample(name: string, { violation }: Verdict): string | undefined {
  return violation && [name, violation.what, ...violation.trace].join('\n  ');
}
