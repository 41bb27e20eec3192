/**
 * A stage for one or a few functions: the whole engine on the test's own thread, so that a test can hold a function's
 * promise in its hand, look at entities, and count turns.
 */
import type { AnyFunction } from '../../../src/sdk/function.ts';
import { defineEgress, defineModule, type MillraceError, type ModuleDefinition } from '../../../src/index.ts';
import { SingleThreadEngine, type SingleThreadOptions } from '../../../src/testing/single-thread.ts';

export const results = defineEgress<unknown>({ type: 'test/results' });

/** A promise that somebody settles from outside. */
export interface Gate {
  readonly promise: Promise<void>;
  open(): void;
  fail(error: unknown): void;
}

export function gate(): Gate {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { promise, open: resolve, fail: reject };
}

export class Stage {
  readonly engine: SingleThreadEngine;
  readonly errors: MillraceError[] = [];

  constructor(
    functions: readonly AnyFunction[],
    options: Partial<SingleThreadOptions> & Pick<ModuleDefinition, 'onQuarantine'> = {},
  ) {
    const { onQuarantine = [], ...rest } = options;
    const module = defineModule({ functions, egresses: [results], onQuarantine });
    this.engine = new SingleThreadEngine(
      module,
      { shardCount: 1, ...rest },
      { invocationFailed: (error) => void this.errors.push(error), egressCrowded: () => {} },
    );
  }

  send(type: string, id: string, message?: unknown): void {
    this.engine.coordinator.send(type, id, message);
  }

  /** The answer, or the error; undefined while there is none. */
  ask(type: string, id: string, message?: unknown): { answer?: unknown; error?: MillraceError } {
    const asked: { answer?: unknown; error?: MillraceError } = {};
    this.engine.coordinator.ask(type, id, message, {
      replied: (answer) => void (asked.answer = answer),
      failed: (error) => void (asked.error = error),
    });
    return asked;
  }

  /** Turns everybody until there is nothing to do, even if something is still under way. */
  async play(): Promise<void> {
    let workCount: number;
    do {
      workCount = 0;
      for (let thread = 0; thread < this.engine.threadCount; thread++) workCount += this.engine.turn(thread);
      await this.engine.settle();
    } while (workCount > 0 || this.engine.shards.some((shard) => shard.hasWork));
  }

  /** Egress records so far that were not looked at before. */
  records(): unknown[] {
    return this.engine.coordinator.ledgers.flatMap((ledger) => ledger.take(Number.POSITIVE_INFINITY).records);
  }

  /** How many entities are kept in memory. */
  get entityCount(): number {
    return this.engine.shards.reduce((sum, shard) => sum + shard.entities.size, 0);
  }
}
