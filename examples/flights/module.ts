/**
 * Airports and the routes between them. One flight is three messages:
 *
 * ```
 *   ingress ─ departure ─► airport "DTW" ─ flight ─► route "DTW-LAS" ─ arrival ─► airport "LAS"
 * ```
 *
 * Airports and routes send to each other, so their names stand apart from their code, as tokens. At the end each is
 * asked for its summary, which it hands to an egress. Every thread loads this file.
 */
import {
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  defineRouter,
  functionType,
  ingressType,
  value,
} from '../../src/index.ts';
import { type Flight, hourOf, isFlight } from './flight.ts';

interface Departure extends Omit<Flight, 'origin'> {
  readonly kind: 'departure';
  /** When the flight was taken from the ingress (see `microsecondsNow`), or 0 if nobody measures this one. */
  readonly takenAt: number;
}

interface Arrival {
  readonly kind: 'arrival';
  readonly delay: number;
  readonly takenAt: number;
}

interface RouteFlight extends Omit<Departure, 'kind'> {
  readonly kind: 'flight';
}

interface Summarise {
  readonly kind: 'summarise';
}

export interface AirportSummary {
  readonly kind: 'airport';
  readonly id: string;
  readonly departures: number;
  readonly arrivals: number;
  /** Of the arrivals, in minutes; null where nothing has arrived. */
  readonly meanDelay: number | null;
  readonly worstDelay: number | null;
  /** The hour of the day in which most flights leave (the earliest of equals); null where none has left. */
  readonly busiestHour: number | null;
}

export interface RouteSummary {
  readonly kind: 'route';
  readonly id: string;
  readonly flights: number;
  readonly miles: number;
  readonly meanDelay: number;
  readonly worstDelay: number;
  /** When the first and the last flight left. */
  readonly first: string;
  readonly last: string;
}

export type Summary = AirportSummary | RouteSummary;

export const airport = functionType<Departure | Arrival | Summarise>('flights/airport');
export const route = functionType<RouteFlight | Summarise>('flights/route');

/** Flights as they happen; `main.ts` says where they come from. */
export const flown = ingressType<unknown>('flights/flown');
export const results = defineEgress<Summary>({ type: 'flights/results' });
/** Microseconds from taking a flight in until its arrival was counted, for a sample of the flights. */
export const latencies = defineEgress<number>({ type: 'flights/latencies' });

/** One flight in so many is measured. */
const SAMPLE_INTERVAL = 64;

/** A clock that agrees in all threads of a process. */
function microsecondsNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

let routedCount = 0;

/** The counter decides what is measured, not what is sent: the same flight always becomes the same message. */
const byOrigin = defineRouter({
  ingress: flown,
  route(record, send) {
    if (!isFlight(record)) throw new Error(`not a flight: ${JSON.stringify(record)?.slice(0, 200)}`);
    const { date, delay, distance, origin, destination } = record;
    const takenAt = routedCount++ % SAMPLE_INTERVAL === 0 ? microsecondsNow() : 0;
    send(airport, origin, { kind: 'departure', destination, date, delay, distance, takenAt });
  },
});

const airportState = {
  departures: value({ initial: 0 }),
  departuresByHour: value<readonly number[]>({ initial: new Array<number>(24).fill(0) }),
  arrivals: value({ initial: 0 }),
  delaySum: value({ initial: 0 }),
  worstDelay: value<number>(),
};

function depart(ctx: Context<typeof airportState>, message: Departure): void {
  const { destination, date, delay, distance, takenAt } = message;
  const hour = hourOf(date);
  ctx.state.departures++;
  const { departuresByHour } = ctx.state;
  ctx.state.departuresByHour = departuresByHour.with(hour, departuresByHour[hour] + 1);
  ctx.send(route, `${ctx.self.id}-${destination}`, { kind: 'flight', destination, date, delay, distance, takenAt });
}

function arrive(ctx: Context<typeof airportState>, { delay, takenAt }: Arrival): void {
  const { worstDelay } = ctx.state;
  ctx.state.arrivals++;
  ctx.state.delaySum += delay;
  if (worstDelay === undefined || delay > worstDelay) ctx.state.worstDelay = delay;
  if (takenAt !== 0) ctx.egress(latencies, microsecondsNow() - takenAt);
}

function airportSummary(ctx: Context<typeof airportState>): AirportSummary {
  const { departures, departuresByHour, arrivals, delaySum, worstDelay } = ctx.state;
  return {
    kind: 'airport',
    id: ctx.self.id,
    departures,
    arrivals,
    meanDelay: arrivals === 0 ? null : delaySum / arrivals,
    worstDelay: worstDelay ?? null,
    busiestHour: departures === 0 ? null : departuresByHour.indexOf(Math.max(...departuresByHour)),
  };
}

const airportFunction = defineFunction({
  type: airport,
  state: airportState,
  invoke(ctx, message) {
    switch (message.kind) {
      case 'departure':
        return depart(ctx, message);
      case 'arrival':
        return arrive(ctx, message);
      case 'summarise':
        return ctx.egress(results, airportSummary(ctx));
    }
  },
});

const routeFunction = defineFunction({
  type: route,
  state: {
    flights: value({ initial: 0 }),
    miles: value({ initial: 0 }),
    delaySum: value({ initial: 0 }),
    worstDelay: value({ initial: Number.NEGATIVE_INFINITY }),
    first: value<string>(),
    last: value({ initial: '' }),
  },
  invoke(ctx, message) {
    const { state } = ctx;
    if (message.kind === 'summarise') {
      const { flights, miles, delaySum, worstDelay, first = '', last } = state;
      const meanDelay = delaySum / flights;
      ctx.egress(results, { kind: 'route', id: ctx.self.id, flights, miles, meanDelay, worstDelay, first, last });
      return;
    }
    const { destination, date, delay, distance, takenAt } = message;
    state.flights++;
    state.miles += distance;
    state.delaySum += delay;
    if (delay > state.worstDelay) state.worstDelay = delay;
    state.first ??= date;
    state.last = date;
    ctx.send(airport, destination, { kind: 'arrival', delay, takenAt });
  },
});

export default defineModule({
  functions: [airportFunction, routeFunction],
  routers: [byOrigin],
  egresses: [results, latencies],
});
