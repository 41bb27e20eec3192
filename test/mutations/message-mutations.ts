/** Bugs of what travels with messages, and of whom they are for: metas, namespaces, unknown targets (I6). */
import { type Mutation, seeds, tests } from './mutation.ts';

const COURIERS = { workload: 9 };

export const MESSAGE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'meta: lost in a waiting line',
    file: 'src/shard/delivery/waiting-lines.ts',
    find: 'line.add(message, sourceType, sourceId, form, meta);',
    replace: 'line.add(message, sourceType, sourceId, form, undefined);',
    why: 'what waits for a busy address comes without its trace, and to those who have no state',
    suites: [seeds(120, COURIERS)],
  },
  {
    name: 'meta: lost with the input of an invocation under way at a cut',
    file: 'src/shard/durable/unfinished-work.ts',
    find: 'sourceType, sourceId, message, form, meta);\n  const words',
    replace: 'sourceType, sourceId, message, form);\n  const words',
    why: 'after a recovery it runs again without its trace, and for those who have no state',
    suites: [seeds(120, COURIERS)],
  },
  {
    name: 'meta: lost on its way out of the mailbox at a cut',
    file: 'src/shard/delivery/mailbox-drain.ts',
    find: 'writer.write(KIND_MESSAGE, type, hash, id, sourceType, sourceId, message, form, meta);',
    replace: 'writer.write(KIND_MESSAGE, type, hash, id, sourceType, sourceId, message, form);',
    why: 'what is recorded is not what was sent (I6)',
    suites: [seeds(120, COURIERS)],
  },
  {
    name: 'meta: of the message before',
    file: 'src/shard/invocation/invocation-core.ts',
    find: 'if (meta !== undefined) this.#ownMeta = undefined;',
    replace: '',
    why: 'two messages share a span, or what is sent belongs to the trace of another message',
    suites: [tests('unit/shard/message-options')],
  },
  {
    name: 'ifExists: is asked before the state has come',
    file: 'src/shard/invocation/existence.ts',
    find: 'if (entity.isBlank) return false;',
    replace: 'if (entity.isBlank || entity.dirtyEpoch === 0) return false;',
    why: 'who was fetched from the store counts as not there',
    suites: [seeds(120, COURIERS)],
  },
  {
    name: 'types: all of a namespace are its first',
    file: 'src/shard/function-binding.ts',
    find: 'return this.binding(this.#count + place).index;',
    replace: 'return this.binding(this.#count).index;',
    why: 'entities of different types are one',
    suites: [tests('unit/shard/namespace')],
  },
  {
    name: 'types: new shards begin with a table of their own',
    file: 'src/channel/mesh.ts',
    find: 'const types = before?.types ?? allocateTypeRegistry();',
    replace: 'const types = allocateTypeRegistry();',
    why: 'what the coordinator sends again means other types than it meant',
    suites: [seeds(120, COURIERS)],
  },
  {
    name: 'unknown target: the name of who sent it is lost',
    file: 'src/shard/failing/failures.ts',
    find: 'this.undeliverable({ type, id }, source, message, withoutTarget(meta), reason);',
    replace: 'this.undeliverable({ type, id }, undefined, message, withoutTarget(meta), reason);',
    why: 'nobody can say who has the wrong name',
    suites: [seeds(60, COURIERS), tests('unit/shard/unknown-target')],
  },
  {
    name: 'ids: nobody looks at what a function gave as an id',
    file: 'src/shard/outbox.ts',
    find: '    effects.lookAtIds();\n',
    replace: '',
    why: 'an entity without a name, or a shard that dies of a number',
    suites: [seeds(120, COURIERS), tests('unit/shard/unknown-target')],
  },
  {
    name: 'ids: what was on its way to no id is looked at too early after a crash',
    file: 'src/shard/delivery/mailbox-drain.ts',
    find: 'place.effects.addUnseen(type, id',
    replace: 'place.effects.addMessage(type, id',
    why: 'the shard cannot start, for ever',
    suites: [seeds(300, COURIERS)],
  },
];
