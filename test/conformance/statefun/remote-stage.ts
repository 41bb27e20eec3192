/**
 * A stage for a remote function with a scripted endpoint: the whole engine on the test's thread, under a clock that the
 * test moves.
 */
import { defineFunction, type FailurePolicy, type MillraceError } from '../../../src/index.ts';
import { remoteFunction } from '../../../src/remote/index.ts';
import type { RemoteMessage } from '../../../src/remote/remote-messages.ts';
import type { AnyFunction } from '../../../src/sdk/function.ts';
import { type DeadLetterRow, isDeadLetterKey } from '../../../src/shard/failing/dead-letters.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { Stage } from '../../unit/shard/stage.ts';
import { type Answer, ScriptedEndpoint, textOf } from './scripted-endpoint.ts';

export const TYPE = 'test/remote';
export const RESULTS = 'test/results';

/** Says what it was sent, and by whom. */
export const native = defineFunction({
  type: 'test/native',
  invoke(ctx, message: { readonly typename: string; readonly value: Uint8Array } | RemoteMessage) {
    const text = typeof message === 'object' ? textOf(message) : message;
    ctx.egress(RESULTS, `${ctx.self.id}: ${String(text)} from ${ctx.caller?.type} ${ctx.caller?.id}`);
  },
});

export interface RemoteStageOptions {
  readonly failure?: FailurePolicy;
  readonly batchCountMax?: number;
  readonly deadline?: number;
  readonly concurrency?: number;
  readonly development?: boolean;
  readonly others?: readonly AnyFunction[];
  readonly asObjects?: boolean;
}

export class RemoteStage extends Stage {
  readonly endpoint: ScriptedEndpoint;
  readonly clock: SimulatedClock;

  constructor(answer: Answer, options: RemoteStageOptions = {}) {
    const { concurrency, development = true, others = [], asObjects, ...settings } = options;
    const endpoint = new ScriptedEndpoint(answer, concurrency, asObjects);
    const types = [TYPE, 'other/*'];
    const clock = new SimulatedClock(1_000_000);
    super([...types.map((type) => remoteFunction({ type, endpoint, ...settings })), native, ...others], {
      clock,
      development,
    });
    this.endpoint = endpoint;
    this.clock = clock;
  }

  /** What Kim is sent; returns the requests that this has led to. */
  async tell(message: unknown, id = 'Kim', type = TYPE): Promise<ScriptedEndpoint['requests']> {
    const before = this.endpoint.requests.length;
    this.send(type, id, message);
    await this.play();
    return this.endpoint.requests.slice(before);
  }

  /** The error for which the newest message has failed. */
  get refusal(): MillraceError {
    return this.errors.at(-1)?.cause as MillraceError;
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.play();
    await this.play();
  }

  /** Records that are typed values, as texts. */
  told(): (string | undefined)[] {
    return this.records().map((record) => (typeof record === 'string' ? record : textOf(record as never)));
  }

  deadLetters(): DeadLetterRow[] {
    const rows = this.engine.shards.flatMap((shard) => [...shard.rows.inMemory()]);
    return rows
      .filter(({ key, value }) => isDeadLetterKey(key) && value !== undefined)
      .map(({ value }) => value as never);
  }
}
