/**
 * A StateFun program in the shards of this engine: remote functions over an endpoint that is a plain call in the thread.
 * No bytes of the protocol are made; states, messages and effects are those of any remote function, so the same program
 * may move behind HTTP and back, and finds its state.
 */
import type { FailurePolicy } from '../sdk/failure-policy.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import { defineModule, type Module } from '../sdk/module.ts';
import type { StateFun } from '../statefun/statefun.ts';
import { remoteFunction } from './remote-function.ts';
import type { Endpoint } from './transport.ts';

/** As many as StateFun's workers have under way. */
const CONCURRENCY = 32_768;

export interface EmbeddedOptions {
  /** What happens when a function throws, for all functions of the program; by default its message is a dead letter. */
  readonly failure?: FailurePolicy;
}

const OPTIONS = namesOf<EmbeddedOptions>('failure');

/**
 * A module of all functions that a StateFun program has bound by now, to be run by this engine or to be one of the
 * `modules` of another one.
 *
 * @throws MillraceError `INVALID_TYPE_NAME` for a function whose name has more than one slash, `INVALID_OPTION` or, for a
 *   failure policy that is none, `INVALID_DEFINITION`
 */
export function statefunModule(statefun: StateFun, given: EmbeddedOptions = {}): Module {
  checkFields('INVALID_OPTION', 'statefunModule', given, OPTIONS);
  const { failure } = given;
  const endpoint: Endpoint = {
    name: 'embedded',
    concurrency: CONCURRENCY,
    companion: undefined,
    takesCallOff: true,
    call: async (request) => await statefun.run(request),
  };
  const options = failure === undefined ? {} : { failure };
  return defineModule({ functions: statefun.typenames.map((type) => remoteFunction({ type, endpoint, ...options })) });
}
