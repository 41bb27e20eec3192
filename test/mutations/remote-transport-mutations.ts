/** Bugs on the way to endpoints: what is called, how often, for how long, and by whom it is noticed. */
import { type Mutation, tests } from './mutation.ts';

export const REMOTE_TRANSPORT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'transport: time goes on while nobody can be reached',
    file: 'src/remote/circuit-breaker.ts',
    find: 'this.#clock.elapsedMs() - this.#changedAt : this.#closedMs;',
    replace: 'this.#clock.elapsedMs() - this.#changedAt : this.#closedMs + this.#clock.elapsedMs() - this.#changedAt;',
    why: 'an outage uses up the time of the calls that wait, and they become dead letters',
    suites: [tests('unit/remote/breaker')],
  },
  {
    name: 'transport: an address that was looked up is not judged',
    file: 'src/remote/guarded-lookup.ts',
    find: 'if (refused !== undefined) {',
    replace: 'if (refused !== undefined && addresses.length > 1) {',
    why: 'a name that leads to the metadata of the cloud is called',
    suites: [tests('unit/remote/socket-client')],
  },
  {
    name: 'transport: what is inflated has no limit',
    file: 'src/remote/inflate.ts',
    find: 'const options = { maxOutputLength: this.#bytesMax,',
    replace: 'const options = {',
    why: 'a small response may fill the memory',
    suites: [tests('unit/remote/inflate')],
  },
  {
    name: 'transport: a call that is called off keeps its place',
    file: 'src/remote/http-call.ts',
    find: 'if (attempt !== undefined) this.#leaveGate();',
    replace: 'void attempt;',
    why: 'after some deadlines nothing may be sent any more',
    suites: [tests('unit/remote/http-call')],
  },
];
