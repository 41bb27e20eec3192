/**
 * The durable workloads of our own simulation, by number.
 */
import { type DurableOutcome, DurableRun } from '../../src/testing/durable-run.ts';
import { type DurablePins, durableSettingOf } from '../../src/testing/durable-setting.ts';
import { SimulatedClock } from '../../src/testing/simulated-clock.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import { Alarms } from './alarms.ts';
import { Bank } from './bank.ts';
import { Cloakrooms } from './cloakrooms.ts';
import { Couriers } from './couriers.ts';
import { Operations } from './operations.ts';
import { Pipeline } from './pipeline.ts';
import { withPortableStacks } from './portable-stacks.ts';
import { Poison } from './poison.ts';
import { Remotes } from './remotes.ts';
import { Sessions } from './sessions.ts';
import { Shelves } from './shelves.ts';
import { Trees } from './trees.ts';
import { Ward } from './ward.ts';

export const WORKLOADS: readonly (new (outside: Outside) => Workload)[] = [
  Trees,
  Bank,
  Pipeline,
  Operations,
  Shelves,
  Alarms,
  Ward,
  Sessions,
  Couriers,
  Cloakrooms,
  Remotes,
  Poison,
];

export async function simulateDurable(seed: number, pins: DurablePins = {}): Promise<DurableOutcome> {
  const drawn = durableSettingOf(seed, WORKLOADS.length, pins);
  // The money is counted at every committed cut; all else is looked at now and then, since to read a cut takes long.
  const cutInterval = pins.cutInterval ?? (WORKLOADS[drawn.workload] === Bank ? 1 : drawn.cutInterval);
  const setting = { ...drawn, cutInterval };
  const clock = new SimulatedClock(1_000);
  return await withPortableStacks(() =>
    new DurableRun(seed, setting, clock, (outside) => new WORKLOADS[setting.workload](outside)).run(),
  );
}
