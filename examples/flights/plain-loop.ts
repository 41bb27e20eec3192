/**
 * The same sums as the airports' and routes', by a plain loop over the same flights: what the engine's results must
 * equal. It shares no code with the functions.
 */
import { type Flight, hourOf, isFlight } from './flight.ts';
import type { AirportSummary, RouteSummary, Summary } from './module.ts';

interface AirportTotals {
  readonly id: string;
  /** By destination. */
  readonly routes: Map<string, RouteTotals>;
  departures: number;
  readonly byHour: number[];
  arrivals: number;
  delaySum: number;
  worstDelay: number;
}

interface RouteTotals {
  readonly id: string;
  flights: number;
  miles: number;
  delaySum: number;
  worstDelay: number;
  readonly first: string;
  last: string;
}

export class PlainLoop {
  flightCount = 0;
  readonly #airports = new Map<string, AirportTotals>();

  /** Counts the record in if it is a flight. */
  add(record: unknown): void {
    if (!isFlight(record)) return;
    const { date, delay, origin, destination } = record;
    this.flightCount++;
    const from = this.#airport(origin);
    from.departures++;
    from.byHour[hourOf(date)]++;
    const to = this.#airport(destination);
    to.arrivals++;
    to.delaySum += delay;
    to.worstDelay = Math.max(to.worstDelay, delay);
    this.#addToRoute(from, record);
  }

  get airportIds(): string[] {
    return [...this.#airports.keys()];
  }

  get routeIds(): string[] {
    return this.#routes().map(({ id }) => id);
  }

  /** What differs in `summaries`, a line for each; empty when every airport and every route is as it should be. */
  differences(summaries: readonly Summary[]): string[] {
    const given = new Map(summaries.map((summary) => [`${summary.kind} ${summary.id}`, JSON.stringify(summary)]));
    const lines: string[] = [];
    for (const expected of [...this.#airportSummaries(), ...this.#routeSummaries()]) {
      const name = `${expected.kind} ${expected.id}`;
      const text = JSON.stringify(expected);
      if (given.get(name) !== text) lines.push(`${name}: expected ${text}, got ${given.get(name) ?? 'nothing'}`);
      given.delete(name);
    }
    for (const [name, text] of given) lines.push(`${name}: expected nothing, got ${text}`);
    return lines;
  }

  #airport(id: string): AirportTotals {
    let totals = this.#airports.get(id);
    if (totals === undefined) {
      const byHour = new Array<number>(24).fill(0);
      const worstDelay = Number.NEGATIVE_INFINITY;
      totals = { id, routes: new Map(), departures: 0, byHour, arrivals: 0, delaySum: 0, worstDelay };
      this.#airports.set(id, totals);
    }
    return totals;
  }

  #addToRoute(from: AirportTotals, { destination, date, delay, distance }: Flight): void {
    const totals = from.routes.get(destination);
    if (totals === undefined) {
      const id = `${from.id}-${destination}`;
      const dates = { first: date, last: date };
      from.routes.set(destination, { id, flights: 1, miles: distance, delaySum: delay, worstDelay: delay, ...dates });
      return;
    }
    totals.flights++;
    totals.miles += distance;
    totals.delaySum += delay;
    totals.worstDelay = Math.max(totals.worstDelay, delay);
    totals.last = date;
  }

  #routes(): RouteTotals[] {
    return [...this.#airports.values()].flatMap(({ routes }) => [...routes.values()]);
  }

  *#airportSummaries(): Generator<AirportSummary> {
    for (const { id, departures, byHour, arrivals, delaySum, worstDelay } of this.#airports.values()) {
      const hasArrivals = arrivals > 0;
      yield {
        kind: 'airport',
        id,
        departures,
        arrivals,
        meanDelay: hasArrivals ? delaySum / arrivals : null,
        worstDelay: hasArrivals ? worstDelay : null,
        busiestHour: departures > 0 ? byHour.findIndex((count) => byHour.every((other) => count >= other)) : null,
      };
    }
  }

  *#routeSummaries(): Generator<RouteSummary> {
    for (const { id, flights, miles, delaySum, worstDelay, first, last } of this.#routes()) {
      yield { kind: 'route', id, flights, miles, meanDelay: delaySum / flights, worstDelay, first, last };
    }
  }
}
