/**
 * The way of one ingress into the engine. It remembers what its routers have just sent to targets that are flooded, and
 * lets nothing more in before all of those are open again; the other ingresses have doors of their own (I7).
 */
import type { IngressGate } from '../io/ingress-pump.ts';
import type { MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import { checkMessageOptions, OUTSIDE_MESSAGE_OPTIONS, type OutsideMessageOptions } from '../sdk/message-options.ts';
import type { Coordinator } from './coordinator.ts';

export interface IngressDoorHooks {
  flush(): void;
  report(error: MillraceError): void;
}

export class IngressDoor implements IngressGate {
  readonly #coordinator: Coordinator;
  readonly #hooks: IngressDoorHooks;
  #floods: Promise<void>[] = [];

  constructor(coordinator: Coordinator, hooks: IngressDoorHooks) {
    this.#coordinator = coordinator;
    this.#hooks = hooks;
  }

  admission(): Promise<void> | undefined {
    if (this.#floods.length === 0) return this.#coordinator.input.ask();
    const floods = Promise.all(this.#floods);
    this.#floods = [];
    return floods.then(() => {});
  }

  transact(work: () => void): void {
    this.#coordinator.transact(work);
  }

  /** Routers get it as a function. */
  readonly send = (
    target: string | FunctionType<never>,
    id: string,
    message: unknown,
    options?: OutsideMessageOptions,
  ): void => {
    if (options !== undefined) checkMessageOptions('send', options, OUTSIDE_MESSAGE_OPTIONS);
    this.#coordinator.send(target, id, message, options);
    const { input, directory } = this.#coordinator;
    if (input.flooded.count === 0) return;
    const flood = input.flooded.ask(directory.numberFromOutside(target), id);
    if (flood !== undefined) this.#floods.push(flood);
  };

  flush(): void {
    this.#hooks.flush();
  }

  reportError(error: MillraceError): void {
    this.#hooks.report(error);
  }
}
