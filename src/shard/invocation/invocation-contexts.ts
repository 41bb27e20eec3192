/**
 * The Contexts of a shard's functions: the one of each function that its invocations in place use again and again, and
 * which functions begin on the side, with a new one each time, since they have been seen to be async.
 */
import { newInvocation } from './guarded-invocation.ts';
import type { Invocation } from './invocation.ts';
import type { Workplace } from '../workplace.ts';

export class InvocationContexts {
  /** By function, the Context of its invocations in place. */
  readonly inPlace: Invocation[] = [];
  /** By function, whether its messages are kept for checkpoints when they are begun. */
  readonly asides: boolean[] = [];
  readonly #place: Workplace;

  constructor(place: Workplace) {
    this.#place = place;
    this.prepare();
    place.directory.onGuarded = (index) => {
      this.prepare();
      this.inPlace[index] = newInvocation(place, place.directory.bindings[index], false);
    };
  }

  /** For all functions, and types of namespaces, that there are by now. */
  prepare(): void {
    for (const binding of this.#place.directory.bindings.slice(this.inPlace.length)) {
      this.asides.push(binding.isAsync);
      this.inPlace.push(newInvocation(this.#place, binding, false));
    }
  }
}
