/**
 * An evening in town: passengers call, drivers drive, and whoever finds no driver tries again:
 * `node examples/ride-sharing/main.ts [--passengers N] [--drivers N]`. In a project of your own, import from 'millrace'.
 */
import { parseArgs } from 'node:util';
import { type Engine, startEngine } from '../../src/index.ts';
import { driver, type Notice, notices, passenger } from './messages.ts';

const CELLS = ['harbour', 'station', 'market', 'park'];

function cellOf(index: number): string {
  return CELLS[index % CELLS.length];
}

/** What apps do when they are shown something. */
class Town {
  readonly arrived: Promise<void>;
  failureCount = 0;
  #waitingCount: number;
  #arrivals = 0;
  readonly #engine: Engine;
  readonly #done: () => void;

  constructor(engine: Engine, passengerCount: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.arrived = promise;
    this.#done = resolve;
    this.#engine = engine;
    this.#waitingCount = passengerCount;
  }

  async call(id: string, from: string): Promise<void> {
    await this.#engine.send(passenger, id, { kind: 'request ride', from, to: 'home' });
  }

  async show({ to, id, text }: Notice): Promise<void> {
    if (to === 'driver') await this.#drive(id);
    else if (text === 'no driver') await this.#tryAgain(id);
    else if (text === 'ended' && --this.#waitingCount === 0) this.#done();
  }

  async #drive(id: string): Promise<void> {
    await this.#engine.send(driver, id, { kind: 'start ride' });
    await this.#engine.send(driver, id, { kind: 'end ride' });
    await this.#engine.send(driver, id, { kind: 'drive to', cell: cellOf(this.#arrivals++) });
  }

  /** Somewhere else, where a driver may be by now. */
  async #tryAgain(id: string): Promise<void> {
    await this.call(id, cellOf(this.failureCount++));
  }
}

function wholeNumber(name: string, given: string): number {
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`--${name} takes a whole number from 1, not "${given}".`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { passengers: { type: 'string', default: '1000' }, drivers: { type: 'string', default: '50' } },
  });
  const [passengerCount, driverCount] = [
    wholeNumber('passengers', values.passengers),
    wholeNumber('drivers', values.drivers),
  ];
  const engine = await startEngine({ module: new URL('./module.ts', import.meta.url) });
  try {
    const town = new Town(engine, passengerCount);
    engine.egress(notices, (notice) => town.show(notice));
    for (let index = 0; index < driverCount; index++) {
      await engine.send(driver, `driver-${index}`, { kind: 'drive to', cell: cellOf(index) });
    }
    for (let index = 0; index < passengerCount; index++) await town.call(`passenger-${index}`, cellOf(index));
    await town.arrived;
    console.log(
      `${passengerCount} passengers are home; they were told ${town.failureCount} times that nobody is near.`,
    );
  } finally {
    await engine.stop();
  }
}

await main();
