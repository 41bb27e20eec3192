/**
 * What burns in an account for a while, by all rules by which state expires: flashes since they were made, a lamp since it
 * was last looked at, and echoes, the elements of a list, one after the other. Each is there for as long as it must be,
 * whatever happens to the process, and not longer; the account keeps the moments by which that can be told.
 */
import { type Context, list, table, value } from '../../src/index.ts';

const LIGHT_MS = 40;
/** Since it was last looked at it may burn a tenth longer. */
const LAMP_MS = 60;
const LAMP_MS_MAX = LAMP_MS * 1.1 + 1;

/** Between these two something has happened. */
interface Moment {
  readonly from: number;
  readonly to: number;
}
const NEVER: Moment = { from: 0, to: 0 };

interface Echo extends Moment {
  readonly count: number;
}

export const lightState = {
  flash: value<true>({ expire: { after: LIGHT_MS } }),
  flashes: table<number>({ expire: { after: LIGHT_MS } }),
  lamp: value<true>({ expire: { after: LAMP_MS, since: 'access' } }),
  echoes: list<number>({ expire: { after: LIGHT_MS } }),
  /** When there was light last, when the lamp was lit, and what echoes there may be. */
  lit: value({ initial: NEVER }),
  lampLit: value({ initial: NEVER }),
  echoed: value<readonly Echo[]>({ initial: [] }),
  /** How often the lamp was there only because it had been looked at, and how many echoes have died away. */
  keptCount: value({ initial: 0 }),
  fadedCount: value({ initial: 0 }),
};

/** Lights all of it for a transfer, the `count`th of an account. Returns what is not as it must be. */
export function light(ctx: Pick<Context<typeof lightState>, 'state' | 'now'>, id: string, count: number): string[] {
  const { state } = ctx;
  const from = ctx.now();
  const wasFlash = state.flash === true;
  state.flash = true;
  state.flashes.set(id, from);
  const wasLamp = state.lamp === true;
  if (!wasLamp) state.lamp = true;
  const echoes = [...state.echoes.view()];
  state.echoes.append(count);
  // The engine has looked at the clock between these two.
  const at: Moment = { from, to: ctx.now() };
  const faults = [
    ...wrongLight('flash', wasFlash, at, state.lit, LIGHT_MS, LIGHT_MS),
    ...wrongLight('lamp', wasLamp, at, state.lit, LAMP_MS, LAMP_MS_MAX),
    ...wrongEchoes(echoes, at, state.echoed),
  ];
  if (wasLamp && from >= state.lampLit.to + LAMP_MS_MAX) state.keptCount++;
  if (!wasLamp) state.lampLit = at;
  const left = state.echoed.filter((each) => at.from < each.to + LIGHT_MS);
  state.fadedCount += state.echoed.length - left.length;
  state.echoed = [...left, { ...at, count }];
  state.lit = at;
  return faults;
}

function wrongLight(name: string, isThere: boolean, at: Moment, lit: Moment, ms: number, msMax: number): string[] {
  if (isThere && at.from >= lit.to + msMax) return [`the ${name} is there after ${at.from - lit.to} ms`];
  if (!isThere && at.to < lit.from + ms) return [`the ${name} is gone after ${at.to - lit.from} ms`];
  return [];
}

/** None goes before an older one: so they are the last of those that may be there, and those that must be are the last of them. */
function wrongEchoes(found: readonly number[], at: Moment, echoed: readonly Echo[]): string[] {
  const possible = echoed.filter(({ to }) => at.from < to + LIGHT_MS).map(({ count }) => count);
  const sure = echoed.filter(({ from }) => at.to < from + LIGHT_MS).map(({ count }) => count);
  if (isEndOf(found, possible) && isEndOf(sure, found)) return [];
  return [`the echoes are ${found.join()}, of ${possible.join()}, with ${sure.join()}`];
}

function isEndOf(end: readonly number[], all: readonly number[]): boolean {
  return end.length <= all.length && all.slice(all.length - end.length).join() === end.join();
}
