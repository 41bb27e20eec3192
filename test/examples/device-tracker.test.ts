/**
 * The device tracker: as a process, by the minute under virtual time, and explored: whatever crashes, a device is in the
 * one zone where it last was, and nowhere once it is silent.
 */
import { describe, expect, test } from 'vitest';
import trackerModule, {
  alerts,
  device,
  deviceFunction,
  type Report,
  reports,
  zone,
  zoneFunction,
} from '../../examples/device-tracker/module.ts';
import { type Cut, explore, testEngine } from '../../src/testing/index.ts';
import { runExample } from './example-run.ts';

function report(id: string, where: string, battery = 1): Report {
  return { device: id, zone: where, battery };
}

test('runs, and every device is somewhere', async () => {
  const args = ['--reports', '4000', '--devices', '40'];
  const { code, stdout, stderr } = await runExample('examples/device-tracker/main.ts', args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^harbour: \d+ devices, such as van-/m);
  expect(stdout).toMatch(/^4000 reports, 40 alerts; 40 of 40 devices are somewhere$/m);
});

describe('under virtual time', () => {
  test('a device is where it reports, falls silent after 15 minutes, and is unknown after an hour', async () => {
    const t = await testEngine(trackerModule);
    await t.feed(reports, report('van', 'harbour'));
    await t.advance('10 min');
    await t.feed(reports, report('van', 'market'), report('bike', 'market'));
    expect(await t.ask(zone, 'market', { kind: 'who is there?', limit: 9 })).toEqual(['bike', 'van']);
    expect([...t.state(zoneFunction, 'harbour').devices]).toEqual([]);
    await t.advance('14 min');
    expect(t.egress(alerts)).toEqual([]);
    await t.advance('1 min');
    expect(t.egress(alerts).map(({ text }) => text)).toEqual(['silent', 'silent']);
    expect(t.state(zoneFunction, 'market')).toEqual({ devices: new Map(), count: 0 });
    expect(await t.ask(device, 'van', 'where?')).toBe('market');
    await t.advance('46 min');
    expect(await t.ask(device, 'van', 'where?')).toBe('nobody knows');
    await t.feed(reports, report('van', 'park'));
    expect(t.egress(alerts).slice(2)).toEqual([{ device: 'van', text: 'back' }]);
    expect(t.state(deviceFunction, 'van').reportCount).toBe(3);
  });

  test('a low battery is told of once a day', async () => {
    const t = await testEngine(trackerModule);
    for (let hour = 0; hour < 30; hour++) {
      await t.feed(reports, report('van', 'harbour', 0.1));
      await t.advance('1 h');
    }
    expect(t.egress(alerts).filter(({ text }) => text === 'battery low')).toHaveLength(2);
  });
});

describe('explored', () => {
  const DEVICES = ['van', 'bike', 'bus'];
  const ZONES = ['harbour', 'market'];

  /** Zones and devices agree, but for what is on its way between them. */
  function checkZones(cut: Cut): void {
    const moving = new Set(cut.messagesTo(zone).map(({ message }) => ('device' in message ? message.device : '')));
    for (const id of DEVICES.filter((each) => !moving.has(each))) {
      const where = cut.state(deviceFunction, id).zone;
      const found = ZONES.filter((name) => cut.state(zoneFunction, name).devices.has(id));
      expect(found, id).toEqual(where === undefined ? [] : [where]);
    }
    for (const name of ZONES) {
      const { devices, count } = cut.state(zoneFunction, name);
      expect(devices.size, name).toBe(count);
    }
  }

  test('a device is in one zone, and silent ones in none', async () => {
    const result = await explore(
      {
        module: trackerModule,
        async run(t) {
          for (let round = 0; round < 4; round++) {
            for (const id of DEVICES)
              if (t.random() < 0.7) t.feed(reports, report(id, ZONES[Math.floor(t.random() * 2)]));
            await t.advance(t.random() < 0.5 ? '5 min' : '20 min');
          }
          await t.advance('2 h');
        },
        invariant: checkZones,
        outcome(cut) {
          checkZones(cut);
          expect(cut.delayedTo(device)).toEqual([]);
          for (const id of DEVICES)
            expect(cut.state(deviceFunction, id)).toMatchObject({ zone: undefined, report: undefined });
          for (const id of DEVICES) {
            const texts = cut
              .egress(alerts)
              .filter((alert) => alert.device === id)
              .map(({ text }) => text);
            // They take turns, and silence has the last word.
            expect(texts, id).toEqual(texts.map((_, index) => (index % 2 === 0 ? 'silent' : 'back')));
            expect(texts.length % 2, id).toBe(cut.state(deviceFunction, id).reportCount > 0 ? 1 : 0);
          }
        },
      },
      { seeds: 40 },
    );
    expect(result.deaths).toBeGreaterThan(20);
  });

  test('a device that moves without leaving is found', async () => {
    const functions = trackerModule.functions.map((fn) =>
      fn.type === device.type
        ? {
            ...fn,
            invoke(ctx: Parameters<typeof deviceFunction.invoke>[0], message: Report | 'silent?' | 'where?') {
              if (typeof message === 'object' && ctx.state.zone !== undefined) ctx.state.zone = message.zone;
              return fn.invoke(ctx, message);
            },
          }
        : fn,
    );
    const scenario = {
      module: { ...trackerModule, functions },
      run: (t: { feed(ingress: typeof reports, ...records: Report[]): void }) =>
        t.feed(reports, report('van', 'harbour'), report('van', 'market')),
      invariant: checkZones,
    };
    await expect(explore(scenario)).rejects.toThrow(/seed \d+ failed: van/);
  });
});
