/** Bugs of delayed messages: when they come, how often, and what stays of them (I5, I6). */
import { type Mutation, seeds, tests } from './mutation.ts';

const ALARMS = { workload: 6 };

export const TIMER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'timers: what came while a key group was read is forgotten',
    file: 'src/shard/time/timer-windows.ts',
    find: 'this.#pending.get(keyGroup)?.push(this.#stampOf(timer));',
    replace: 'void timer;',
    why: 'it is in the store, below the horizon, and nobody looks for it until the next start',
    suites: [tests('unit/shard/timer-windows')],
  },
  {
    name: 'timers: a horizon goes back with the clock',
    file: 'src/shard/time/timer-windows.ts',
    find: 'if (horizon > this.#horizons[at]) this.#setHorizon(at, horizon);',
    replace: 'this.#setHorizon(at, horizon);',
    why: 'what is in the queue already is read again',
    suites: [tests('unit/shard/timer-windows')],
  },
  {
    name: 'timers: no hint where the first one is set',
    file: 'src/shard/time/timers.ts',
    find: 'if (this.#windows !== undefined) this.rows.set(hintKey(keyGroup), true);',
    replace: '',
    why: 'after a restart nobody looks for the timers of that key group',
    suites: [seeds(40, ALARMS)],
  },
  {
    name: 'timers: what is due keeps its row',
    file: 'src/shard/time/timers.ts',
    find: 'pairs.take(pair);',
    replace: '',
    why: 'I6: the message is sent and the timer is still there: twice after a crash',
    suites: [tests('unit/shard/timers')],
  },
  {
    name: 'timers: what came up is taken to be as it was set',
    file: 'src/shard/time/timers.ts',
    find: 'return pairs.note(pair) === this.#removedCounts[pairs.keyGroup(pair) - this.#place.keyGroups.first];',
    replace: 'return pairs.keyGroup(pair) >= 0;',
    why: 'it may have been cancelled, or deleted with its address',
    suites: [tests('unit/shard/timers')],
  },
  {
    name: 'timers: an async invocation does not hold back what it has cancelled',
    file: 'src/shard/time/timer-writes.ts',
    find: 'this.#timers.hold(found.key);',
    replace: '',
    why: 'it was told that it has cancelled what is then sent',
    suites: [tests('unit/shard/timers'), seeds(120, ALARMS)],
  },
  {
    name: 'timers: those of a failed invocation stay',
    file: 'src/shard/invocation/timed-invocation.ts',
    find: 'this.#timerWrites?.discard();',
    replace: 'this.#timerWrites?.apply();',
    why: 'I5: nothing of a failed invocation escapes',
    suites: [tests('unit/shard/timers')],
  },
  {
    name: 'timers: the epoch of the run, not of the data',
    file: 'src/shard/time/timers.ts',
    find: 'return this.rows.dirty.epoch + (this.#place.stored?.baseEpoch ?? 0);',
    replace: 'return this.rows.dirty.epoch;',
    why: 'I8: after a restart a stamp comes again, or one that is less than those before it',
    suites: [tests('unit/shard/timers-late')],
  },
  {
    name: 'timers: due a moment early',
    file: 'src/shard/time/timers.ts',
    find: 'left > 0 && queue.dueMs <= now; )',
    replace: 'left > 0 && queue.dueMs <= now + 1; )',
    why: 'never before its time',
    suites: [tests('unit/shard/timers'), seeds(60, ALARMS)],
  },
  {
    name: 'timers: what a schedule has skipped is forgotten',
    file: 'src/timers/recurrences.ts',
    find: 'missedSinceMs: missedSinceMs ?? (isSent ? undefined : dueMs)',
    replace: 'missedSinceMs: isSent ? undefined : dueMs',
    why: 'its function is not told of the times that were left out',
    suites: [tests('unit/shard/timers-late'), seeds(60, ALARMS)],
  },
];
