/**
 * The user's module as a test runs it: every invocation is written down in a trace, sources are not read and sinks not
 * written, since the test feeds records and looks at records itself. What functions do is not changed, nor whether they
 * are async.
 */
import type { AnyFunction, Context } from '../sdk/function.ts';
import type { IngressSource } from '../sdk/ingress.ts';
import type { Module } from '../sdk/module.ts';
import {
  EFFECT_ID,
  EFFECT_KIND,
  EFFECT_META,
  EFFECT_PAYLOAD,
  EFFECT_STRIDE,
  EFFECT_TYPE,
  type Effects,
} from '../shard/invocation/effects.ts';
import type { Directory } from '../shard/function-binding.ts';
import type { Added } from '../shard/time/timer-writes.ts';
import { AT_MESSAGE, AT_TARGET_ID, AT_TARGET_TYPE } from '../timers/timer-layout.ts';
import { hashId } from '../keys/id-hash.ts';
import { shardOfHash } from '../keys/key-group.ts';
import { KIND_EGRESS, TYPE_ASKER } from '../wire/envelope-layout.ts';
import type { MessageMeta } from '../wire/message-meta.ts';
import { type InvocationEvent, nameOf, type SentEvent, type Trace } from './trace.ts';

const AsyncFunction = (async () => {}).constructor;

/** What a Context has behind it. */
interface Insight {
  readonly effects: Effects;
  readonly delayed: readonly Added[];
  readonly place: { readonly directory: Directory };
}

/** `sources` gives the ingresses something else to read, if anything. */
export function observedModule(
  module: Module,
  trace: Trace,
  shardCount: number,
  sources: (ingressType: string) => IngressSource<unknown> | undefined = () => undefined,
): Module {
  const observer = new Observer(trace, shardCount);
  return {
    ...module,
    functions: module.functions.map((fn) => observer.observe(fn)),
    ingresses: ingressTypes(module).map((type) => ({ kind: 'ingress', type, source: sources(type) })),
    egresses: module.egresses.map((egress) => ({ ...egress, sink: undefined })),
  };
}

/** Those that are declared, and those that only routers name since whoever starts the engine brings them. */
function ingressTypes({ ingresses, routers }: Module): string[] {
  return [...new Set([...ingresses.map(({ type }) => type), ...routers.map(({ ingress }) => ingress)])];
}

class Observer {
  readonly #trace: Trace;
  readonly #shardCount: number;

  constructor(trace: Trace, shardCount: number) {
    this.#trace = trace;
    this.#shardCount = shardCount;
  }

  observe(fn: AnyFunction): AnyFunction {
    const run = (ctx: Context<never>, message: unknown): void | Promise<void> => this.#run(fn, ctx, message);
    // The engine looks at whether a function is async.
    const runAsync = async (ctx: Context<never>, message: unknown): Promise<void> => this.#run(fn, ctx, message);
    return { ...fn, invoke: fn.invoke instanceof AsyncFunction ? runAsync : run };
  }

  #run(fn: AnyFunction, ctx: Context<never>, message: unknown): void | Promise<void> {
    const { self, caller } = ctx;
    const shard = shardOfHash(hashId(self.id), this.#shardCount);
    const event: InvocationEvent = { at: this.#trace.clock.now(), shard, self, caller, message };
    this.#trace.began(event);
    const invocation = ctx as unknown as Insight;
    const { effects } = invocation;
    const before = effects.length;
    const ended = (error?: unknown): void => {
      event.endedAt = this.#trace.clock.now();
      if (error !== undefined) event.error = error;
      // An invocation that was moved aside has taken what it had sent along, into a list of its own.
      event.sent = error === undefined ? this.#sent(invocation, invocation.effects === effects ? before : 0) : [];
    };
    try {
      const result = fn.invoke(ctx, message);
      if (!(result instanceof Promise)) {
        ended();
        return result;
      }
      return result.then(
        () => ended(),
        (error: unknown) => {
          ended(error);
          throw error;
        },
      );
    } catch (error) {
      ended(error);
      throw error;
    }
  }

  #sent({ effects: { slots, length }, delayed, place }: Insight, from: number): SentEvent[] {
    const sent: SentEvent[] = [];
    for (let at = from; at < length; at += EFFECT_STRIDE) {
      const kind = slots[at + EFFECT_KIND] as number;
      const to = nameOfTarget(
        place.directory,
        kind,
        slots[at + EFFECT_TYPE] as number,
        slots[at + EFFECT_ID] as string,
        slots[at + EFFECT_META] as MessageMeta | undefined,
      );
      sent.push({ to, payload: slots[at + EFFECT_PAYLOAD] });
    }
    for (const { dueMs, row } of delayed) {
      const to = nameOf({ type: row[AT_TARGET_TYPE], id: row[AT_TARGET_ID] });
      sent.push({ to, payload: row[AT_MESSAGE], delayMs: dueMs - this.#trace.clock.now() });
    }
    return sent;
  }
}

function nameOfTarget(directory: Directory, kind: number, type: number, id: string, meta?: MessageMeta): string {
  if (kind === KIND_EGRESS) return `egress ${directory.egresses[type]?.type ?? type}`;
  return type === TYPE_ASKER
    ? 'whoever asks'
    : nameOf({ type: directory.typeName(type) ?? meta?.to ?? String(type), id });
}
