/**
 * A fleet drives through town for a while, and then the zones are asked who is there:
 * `node examples/device-tracker/main.ts [--reports N] [--devices N]`. In a project of your own, import from 'millrace'.
 */
import { parseArgs } from 'node:util';
import { defineIngress, type Engine, type IngressSource, startEngine } from '../../src/index.ts';
import { alerts, device, type Report, reports, zone } from './module.ts';

const ZONES = ['harbour', 'station', 'market', 'park'];
const BATCH_COUNT = 500;
const SHOWN_COUNT = 3;

function reportOf(index: number, deviceCount: number): Report {
  const number = index % deviceCount;
  const round = Math.floor(index / deviceCount);
  const battery = Math.max(0, 1 - (round + (number % 10)) / 100);
  return { device: `van-${number}`, zone: ZONES[(number + (round >> 2)) % ZONES.length], battery };
}

function source(reportCount: number, deviceCount: number): IngressSource<Report> {
  return {
    replayable: true,
    async *read(from) {
      for (let at = Number(from ?? 0); at < reportCount; at += BATCH_COUNT) {
        const end = Math.min(reportCount, at + BATCH_COUNT);
        const records = Array.from({ length: end - at }, (_, index) => reportOf(at + index, deviceCount));
        yield { records, position: end };
      }
    },
  };
}

async function showZones(engine: Engine, deviceCount: number): Promise<number> {
  let total = 0;
  for (const name of ZONES) {
    const there = await engine.ask(zone, name, { kind: 'who is there?', limit: deviceCount });
    total += there.length;
    console.log(`${name}: ${there.length} devices, such as ${there.slice(0, SHOWN_COUNT).join(', ')}`);
  }
  return total;
}

function wholeNumber(name: string, given: string): number {
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`--${name} takes a whole number from 1, not "${given}".`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { reports: { type: 'string', default: '20000' }, devices: { type: 'string', default: '200' } },
  });
  const reportCount = wholeNumber('reports', values.reports);
  const deviceCount = Math.min(reportCount, wholeNumber('devices', values.devices));
  let alertCount = 0;
  const engine = await startEngine({
    module: new URL('./module.ts', import.meta.url),
    ingresses: [defineIngress({ type: reports, source: source(reportCount, deviceCount) })],
  });
  try {
    engine.egress(alerts, () => void alertCount++);
    await engine.drained();
    const total = await showZones(engine, deviceCount);
    console.log(`van-0 was last seen at: ${await engine.ask(device, 'van-0', 'where?')}`);
    console.log(`${reportCount} reports, ${alertCount} alerts; ${total} of ${deviceCount} devices are somewhere`);
    if (total !== deviceCount) process.exitCode = 1;
  } finally {
    await engine.stop();
  }
}

await main();
