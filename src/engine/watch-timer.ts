/**
 * Lets the watchdog look at the shards at intervals, and says in words what it has seen. While somebody debugs the
 * program it looks away: a thread at a breakpoint is not stuck.
 */
import { url as inspectorUrl } from 'node:inspector';
import { systemClock } from '../base/clock.ts';
import type { Lookout, Sighting } from '../metrics/lookout.ts';
import type { UnderWay } from '../metrics/under-way.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { Watchdog } from './watchdog.ts';

/** Between two looks; a quarter of the limits if that is less. */
const INTERVAL_MS_MAX = 1_000;
const INTERVAL_MS_MIN = 5;

export interface WatchTimerHooks {
  /** Those of the shards that run now; none while there is nothing to watch. */
  lookouts(): readonly Lookout[];
  typeName(functionIndex: number): string | undefined;
  /** Resolves when the shards' threads answer. */
  answered(): Promise<void>;
  report(error: MillraceError): void;
  end(shard: number, error: MillraceError): void;
}

/** 0 stands for never. */
export interface StuckLimits {
  readonly stuckMs: number;
  readonly stuckEndMs: number;
}

export class WatchTimer {
  readonly #timer: NodeJS.Timeout | undefined;

  constructor({ stuckMs, stuckEndMs }: StuckLimits, hooks: WatchTimerHooks) {
    const [reportMs, endMs] = [stuckMs, stuckEndMs].map((ms) => (ms === 0 ? Number.POSITIVE_INFINITY : ms));
    const leastMs = Math.min(reportMs, endMs);
    if (leastMs === Number.POSITIVE_INFINITY) return;
    const typeName = (functionIndex: number): string => hooks.typeName(functionIndex) ?? '?';
    const stuck = (shard: number, sighting: Sighting | undefined, forMs: number): MillraceError =>
      sighting === undefined
        ? betweenTurnsError(hooks.lookouts()[shard].underWay, typeName, shard, forMs)
        : stuckError(typeName(sighting.functionIndex), shard, sighting, forMs);
    const intervalMs = Math.max(INTERVAL_MS_MIN, Math.min(INTERVAL_MS_MAX, leastMs / 4));
    const watchdog = new Watchdog(
      { intervalMs, reportMs, endMs },
      {
        stuck: (shard, sighting, forMs) => hooks.report(stuck(shard, sighting, forMs)),
        answered: () => hooks.answered(),
        end: (shard, sighting, forMs) => hooks.end(shard, stuck(shard, sighting, forMs)),
      },
    );
    const look = (): void => {
      if (inspectorUrl() === undefined) watchdog.look(hooks.lookouts(), systemClock.elapsedMs());
      else watchdog.reset();
    };
    this.#timer = setInterval(look, intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The id is known only where a thread has died before; the hash tells at least whether two are of the same. */
function stuckError(type: string, shard: number, { id, hash }: Sighting, forMs: number): MillraceError {
  const who = id === undefined ? `an id with the hash ${hash}` : describe(id);
  const what = `Shard ${shard} has been in one invocation of ${type}, ${who}, for ${Math.round(forMs)} ms`;
  return new MillraceError('SHARD_STUCK', what, { details: { shard, type, hash, ...(id !== undefined && { id }) } });
}

/** Whose code it is nobody can see there: that of what is under way. */
function betweenTurnsError(
  underWay: UnderWay,
  typeName: (functionIndex: number) => string,
  shard: number,
  forMs: number,
): MillraceError {
  const involved = underWay.list();
  const counts: Record<string, number> = {};
  for (const { functionIndex } of involved) {
    const type = typeName(functionIndex);
    counts[type] = (counts[type] ?? 0) + 1;
  }
  const types = Object.entries(counts).map(([type, count]) => `${count} of ${type}`);
  const [first] = involved;
  const isOne = involved.length === 1 && underWay.count === 1;
  const who = isOne
    ? `${typeName(first.functionIndex)}, an id with the hash ${first.hash}`
    : types.join(', ') || 'nobody';
  const what = `Shard ${shard} has been in user code behind an await, or in a callback, for ${Math.round(forMs)} ms; under way: ${who}`;
  const one = isOne && { type: typeName(first.functionIndex), hash: first.hash };
  return new MillraceError('SHARD_STUCK', what, { details: { shard, ...one, underWay: counts } });
}
