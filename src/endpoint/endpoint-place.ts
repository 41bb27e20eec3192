/**
 * What all batches of an endpoint share: its functions, how values become messages, what states may hold, and the world
 * outside. Made once; nobody changes it.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { MillraceError } from '../sdk/errors.ts';
import type { StateRules } from './batch-state.ts';
import type { MessageMapping } from './message-mapping.ts';
import type { ServedFunctions } from './served-function.ts';

export interface EndpointPlace {
  readonly functions: ServedFunctions;
  readonly mapping: MessageMapping;
  readonly stateRules: StateRules;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a response waits for what its invocations have begun with `ctx.async`. */
  readonly operationMs: number;
  /** An invocation takes longer than the deadline of its function. */
  overdue(error: MillraceError): void;
}
