/**
 * The 20,000 real flights of the npm package `vega-datasets` (US Bureau of Transportation Statistics, January to March
 * 2001) as an ingress source. Repeats follow each other in time: each is shifted by as many days as the data spans.
 */
import { readFile } from 'node:fs/promises';
import type { IngressSource } from '../../src/index.ts';
import type { Flight } from './flight.ts';

const BATCH_COUNT = 500;
const DAY_MS = 86_400_000;
const DAY_LENGTH = 'YYYY/MM/DD'.length;

/** Where to read on; what a checkpoint will remember. */
interface Position {
  readonly repeat: number;
  readonly index: number;
}

/** Reads the file. Throws an error that says how to get it when it is not there. */
export async function readDataSet(): Promise<readonly Flight[]> {
  try {
    const file = new URL('../data/flights-20k.json', import.meta.resolve('vega-datasets'));
    return JSON.parse(await readFile(file, 'utf8')) as Flight[];
  } catch (cause) {
    const cure = 'Install it with "npm ci", or give flights of your own with --input.';
    throw new Error(`The data set of the npm package vega-datasets could not be read. ${cure}`, { cause });
  }
}

function dayNumber(date: string): number {
  return Date.parse(`${date.slice(0, DAY_LENGTH).replaceAll('/', '-')}T00:00Z`) / DAY_MS;
}

function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, DAY_LENGTH).replaceAll('-', '/');
}

/** The flights, `repeatCount` times over. Dates are made from a table of days, so that a repeat costs little. */
export function repeated(flights: readonly Flight[], repeatCount: number): IngressSource<Flight> {
  const days = flights.map(({ date }) => dayNumber(date));
  const times = flights.map(({ date }) => date.slice(DAY_LENGTH));
  const firstDay = Math.min(...days);
  const spanDays = Math.max(...days) - firstDay + 1;

  function batch(names: readonly string[], { index }: Position): Flight[] {
    return flights.slice(index, index + BATCH_COUNT).map(({ delay, distance, origin, destination }, offset) => {
      const date = names[days[index + offset] - firstDay] + times[index + offset];
      return { date, delay, distance, origin, destination };
    });
  }

  return {
    replayable: true,
    async *read(from) {
      let { repeat, index } = (from as Position | undefined) ?? { repeat: 0, index: 0 };
      for (; repeat < repeatCount; repeat++, index = 0) {
        const names = Array.from({ length: spanDays }, (_, day) => dayName(firstDay + repeat * spanDays + day));
        for (; index < flights.length; index += BATCH_COUNT) {
          const position: Position = { repeat, index: index + BATCH_COUNT };
          yield { records: batch(names, { repeat, index }), position };
        }
      }
    },
  };
}
