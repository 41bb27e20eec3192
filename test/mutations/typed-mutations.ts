/** Bugs of state that expires and state of many versions. */
import { WORKLOADS } from '../sim/durable-simulation.ts';
import { Cloakrooms } from '../sim/cloakrooms.ts';
import { Sessions } from '../sim/sessions.ts';
import { type Mutation, seeds, tests } from './mutation.ts';

/** The workload with such state. */
const SESSIONS = { workload: WORKLOADS.indexOf(Sessions) + 1 };

/** The one with entries that expire. */
const CLOAKROOMS = { workload: WORKLOADS.indexOf(Cloakrooms) + 1 };

export const TYPED_MUTATIONS: readonly Mutation[] = [
  {
    name: 'expiry: seen a millisecond too long',
    file: 'src/shard/invocation/guarded-invocation.ts',
    find: 'cell.deadline > now ? cell',
    replace: 'cell.deadline >= now ? cell',
    why: 'an expired value is never seen',
    suites: [tests('unit/shard/typed-state')],
  },
  {
    name: 'expiry: reading is never written down',
    file: 'src/shard/invocation/guarded-invocation.ts',
    find: 'if (guard.wantsRenewal(kept, now)) this.#keep(index, guard.renewed(kept, now));',
    replace: '',
    why: 'what is read all the time expires all the same',
    suites: [seeds(60, SESSIONS), tests('unit/shard/typed-state')],
  },
  {
    name: 'expiry: nobody is told of the row that an invocation armed',
    file: 'src/shard/invocation/guarded-invocation.ts',
    find: 'if (this.#armedDue < NEVER) this.place.dues.note(this.entity.hash, this.#armedDue);',
    replace: '',
    why: 'nobody looks for what is armed, and it is never removed',
    suites: [seeds(60, SESSIONS)],
  },
  {
    name: 'expiry: the sweep does not move the row to what is left',
    file: 'src/shard/rows/expiry-sweep.ts',
    find: 'const nextDue = next < NEVER ?',
    replace: 'const nextDue = next < 0 ?',
    why: 'what was written again is never removed',
    suites: [seeds(60, SESSIONS), tests('unit/shard/typed-state')],
  },
  {
    name: 'expiry: the sweep changes an entity without saying so',
    file: 'src/shard/rows/expiry-sweep.ts',
    find: 'if (entity.dirtyEpoch !== dirty.epoch) dirty.touch(entity);',
    replace: '',
    why: 'the removal never reaches the disk',
    suites: [seeds(60, SESSIONS)],
  },
  {
    name: 'expiry: the row of an entry is due before it expires',
    file: 'src/shard/rows/expiry-rows.ts',
    find: 'Math.ceil((deadline - phase) / slackMs)',
    replace: 'Math.floor((deadline - phase) / slackMs)',
    why: 'whoever looks finds it alive, and nobody looks again',
    suites: [seeds(60, CLOAKROOMS), tests('unit/shard/expiring-tables')],
  },
  {
    name: 'expiry: an entry that is kept alive has no later row',
    file: 'src/shard/invocation/table-handle.ts',
    find: 'this.#mark(rowKey, renewed);',
    replace: '',
    why: 'it is never removed',
    suites: [seeds(60, CLOAKROOMS), tests('unit/shard/expiring-tables')],
  },
  {
    name: 'expiry: the sweep takes an entry that was set since',
    file: 'src/shard/rows/expiry-sweep.ts',
    find: 'if (stored instanceof KeptValue && stored.deadline <= now) rows.set(rowKey',
    replace: 'if (stored instanceof KeptValue) rows.set(rowKey',
    why: 'what was left over of an earlier write takes what is there',
    suites: [seeds(60, CLOAKROOMS), tests('unit/shard/expiring-tables')],
  },
  {
    name: 'expiry: going through a table shows what has expired',
    file: 'src/shard/invocation/table-handle.ts',
    find: 'if (this.isGone(value)) continue;',
    replace: 'if (value === undefined) continue;',
    why: 'an expired entry is never seen',
    suites: [seeds(60, CLOAKROOMS), tests('unit/shard/expiring-tables')],
  },
  {
    name: 'expiry: the deadline of a row is lost on the disk',
    file: 'src/state/record-reader.ts',
    find: 'if (isKeptTag(bytes[at])) decodeKept(codec, bytes, at, cell);',
    replace:
      'if (isKeptTag(bytes[at])) (decodeKept(codec, bytes, at, cell), cell.writeCell(0, (cell.readCell(0) as KeptValue).value));',
    why: 'after a crash an entry never expires, and has no version',
    suites: [seeds(60, CLOAKROOMS)],
  },
  {
    name: 'expiry: viewing a list brings back what has expired',
    file: 'src/shard/invocation/list-handle.ts',
    find: 'left: this.#firstLeft(bounds, deadline), floor',
    replace: 'floor',
    why: 'an expired element is never seen',
    suites: [seeds(60, CLOAKROOMS), tests('unit/shard/expiring-lists')],
  },
  {
    name: 'expiry: an element expires before an older one',
    file: 'src/shard/rows/list-rows.ts',
    find: 'if (own < NEVER) return Math.max(own, floor);',
    replace: 'if (own < NEVER) return own;',
    why: 'what is viewed again and again expires all the same',
    suites: [seeds(60, CLOAKROOMS), tests('unit/shard/expiring-lists')],
  },
  {
    name: 'migration: a value keeps its old number',
    file: 'src/state/cell-guard.ts',
    find: 'kept.version = version;',
    replace: '',
    why: 'it is stored as if it were still old, and its steps are taken twice',
    suites: [seeds(60, SESSIONS)],
  },
  {
    name: 'migration: what was read from disk counts as checked',
    file: 'src/state/record-reader.ts',
    find: 'new KeptValue(cells.readCell(0), version, deadline, false)',
    replace: 'new KeptValue(cells.readCell(0), version, deadline, true)',
    why: 'values of older versions reach the function as they are',
    suites: [seeds(60, SESSIONS), tests('unit/state/record')],
  },
];
