/** Bugs of batches, and of remote functions. */
import { WORKLOADS } from '../sim/durable-simulation.ts';
import { Remotes } from '../sim/remotes.ts';
import { type Mutation, seeds, tests } from './mutation.ts';

/** The workload with remote functions. */
const REMOTES = { workload: WORKLOADS.indexOf(Remotes) + 1 };

export const REMOTE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'batches: a checkpoint misses what a batch has taken',
    file: 'src/shard/durable/unfinished-work.ts',
    find: '    for (const held of waiting?.batch?.messages ?? []) this.#captureHeld(functionIndex, hash, id, held);\n',
    replace: '',
    why: 'I6: messages of a batch under way are nowhere at the cut',
    suites: [seeds(60, REMOTES)],
  },
  {
    name: 'batches: a batch that has failed comes back in the wrong order',
    file: 'src/shard/invocation/batches.ts',
    find: 'this.#end(line).toReversed()',
    replace: 'this.#end(line)',
    why: 'I4: an address is invoked in the order of arrival',
    suites: [tests('unit/shard/batches'), seeds(60, REMOTES)],
  },
  {
    name: 'batches: what was in a batch that failed is taken together again',
    file: 'src/shard/invocation/batches.ts',
    find: '{ ...meta, alone: true }',
    replace: 'meta',
    why: 'one bad message keeps its neighbours from ever being handled',
    suites: [tests('unit/shard/batches')],
  },
  {
    name: 'batches: a message lines up in front of older ones that are queued',
    file: 'src/shard/delivery/crowded-messages.ts',
    find: 'if (load.messageCount === 0 && load.linesUp) {',
    replace: 'if (load.linesUp) {',
    why: 'I4: an address is invoked in the order of arrival',
    suites: [seeds(400, REMOTES)],
  },
  {
    name: 'batches: an envelope lines up in front of older ones that are queued',
    file: 'src/shard/delivery/crowded-messages.ts',
    find: 'if (load.messageCount === 0 && load.linesUp) return this.#lineUpEnvelope(load);',
    replace: 'if (load.linesUp) return this.#lineUpEnvelope(load);',
    why: 'I4: an address is invoked in the order of arrival',
    suites: [seeds(400, REMOTES)],
  },
  {
    name: 'batches: they begin before all that was in flight is there',
    file: 'src/shard/delivery/mailbox-drain.ts',
    find: 'this.#place.batches.isDeferring = this.isRecovering;',
    replace: '',
    why: 'a batch that was under way is not sent again as it was',
    suites: [tests('conformance/statefun/recovery')],
  },
  {
    name: 'remote: a value of another type is taken',
    file: 'src/remote/carry-out.ts',
    find: 'if (value.typename !== state.typename) {',
    replace: 'if (value.typename === state.typename + state.name) {',
    why: 'the SDKs trust that a state is what it was declared to be',
    suites: [tests('conformance/statefun/negotiation')],
  },
  {
    name: 'remote: a state that is asked for is not kept alive',
    file: 'src/remote/remote-function.ts',
    find: 'isChanged = true;',
    replace: '',
    why: 'what is used all the time expires all the same',
    suites: [tests('conformance/statefun/expiration')],
  },
  {
    name: 'remote: the sweep takes a whole value for one of its parts',
    file: 'src/shard/rows/expiry-sweep.ts',
    find: 'kept.deadline > now ? kept : binding.guards?.[cell]?.left(kept, now)',
    replace: 'kept.deadline > now ? kept : undefined',
    why: 'states that do not expire are lost with one that does',
    suites: [tests('conformance/statefun/expiration'), seeds(60, REMOTES)],
  },
];
