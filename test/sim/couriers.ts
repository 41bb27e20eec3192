/**
 * Parcels that are passed on through a namespace whose types nobody has named before, some of which have, in this process
 * or the next, a function of their own. Each carries its key as causal id, and its trace, through crashes, waits and
 * attempts. At every hop a receipt is sent to whoever has state, which is the hop itself and nobody else. Some parcels are for a
 * type that nobody has, or for no id. At every committed cut each parcel is in exactly one place, with what it has to carry.
 */
import { type Context, defineFunction, defineModule, type Module, value, type ValueSpec } from '../../src/index.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import { type DeadLetterRow, isDeadLetterKey, messageOf } from '../../src/shard/failing/dead-letters.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import type { MessageMeta } from '../../src/wire/message-meta.ts';
import { KeyedClients } from './keyed-client.ts';

interface Stop {
  readonly type: string;
  readonly id: string;
}

interface Parcel {
  readonly key: string;
  /** Where it is, or is going, of the stops on its way. */
  readonly step: number;
  readonly way: readonly Stop[];
}

type CourierState = { readonly seen: ValueSpec<readonly string[]>; readonly receipts: ValueSpec<number> };
type CourierContext = Context<CourierState>;

const NAMESPACE = 'post';
const OFFICE = 'post/office';
const NOBODY = 'nobody/there';
/** Nobody ever writes state there. */
const VOID: Stop = { type: 'post/void', id: 'void' };
const ATTEMPTS = { attempts: 60, backoff: { initialMs: 1, factor: 1.5, maxMs: 20, jitter: 0.5 } } as const;

function traceparentOf(key: string): string {
  return `00-${Buffer.from(key.padEnd(16, '.')).toString('hex')}-00000000000000aa-01`;
}

function isCarried(
  key: string,
  trace: { readonly traceparent?: string; readonly causalId: string } | undefined,
): boolean {
  return trace?.causalId === key && trace.traceparent?.slice(0, 36) === traceparentOf(key).slice(0, 36);
}

export class Couriers implements Workload {
  readonly #outside: Outside;
  readonly #parcels: ReadonlyMap<string, Parcel>;
  readonly #clients: KeyedClients;
  #violation: string | undefined;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    this.#outside = outside;
    const typeCount = prng.pick([1, 3, 40]);
    const idCount = prng.pick([1, 4, 30]);
    const stop = (): Stop => {
      const type = prng.chance(0.2)
        ? OFFICE
        : `${NAMESPACE}/${prng.chance(0.3) ? 'slow' : 'type'}-${prng.below(typeCount)}`;
      return { type, id: `id-${prng.below(idCount)}` };
    };
    const parcels = Array.from({ length: setting.size }, (_, index): Parcel => {
      const way = Array.from({ length: 1 + prng.below(6) }, stop);
      if (prng.chance(0.2)) way.push({ type: NOBODY, id: `id-${prng.below(idCount)}` });
      else if (prng.chance(0.4)) way.push({ type: stop().type, id: '' });
      return { key: `parcel-${index}`, step: 0, way };
    });
    this.#parcels = new Map(parcels.map((parcel) => [parcel.key, parcel]));
    this.#clients = new KeyedClients(
      outside,
      parcels.map((parcel) => ({
        key: parcel.key,
        ...parcel.way[0],
        message: parcel,
        options: { trace: { traceparent: traceparentOf(parcel.key), causalId: parcel.key } },
      })),
    );
  }

  /** The functions come in another order each time, so that numbers mean something else. */
  newModule(): Module {
    const { prng, clock } = this.#outside;
    const state = { seen: value<readonly string[]>({ initial: [] }), receipts: value({ initial: 0 }) };
    const define = (type: string): ReturnType<typeof defineFunction> =>
      defineFunction({
        type,
        state,
        failure: ATTEMPTS,
        invoke: (ctx: CourierContext, message: Parcel | 'receipt') => {
          if (!ctx.self.type.includes('slow')) return this.#handle(ctx, message);
          return clock.sleep(prng.below(8)).then(() => this.#handle(ctx, message));
        },
      }) as never;
    const types = [`${NAMESPACE}/*`, ...(prng.chance(0.5) ? [OFFICE] : []), 'other/*'];
    return defineModule({ functions: (prng.chance(0.5) ? types : types.toReversed()).map(define) });
  }

  #handle(ctx: CourierContext, message: Parcel | 'receipt'): void {
    const { state, self } = ctx;
    if (message === 'receipt') {
      if (self.type === VOID.type) this.#violation ??= 'a message for who has state came to nobody';
      state.receipts++;
      return;
    }
    const { key, step, way } = message;
    const here = way[step];
    if (self.id === '') this.#violation ??= `${key} came to no id, of ${self.type}`;
    if (here.type !== self.type || here.id !== self.id) this.#violation ??= `${key} came to ${self.type} ${self.id}`;
    if (!isCarried(key, ctx.trace as never)) this.#violation ??= `${key} came with ${JSON.stringify(ctx.trace)}`;
    this.#outside.note(step);
    state.seen = [...state.seen, `${key} ${step}`];
    for (const { type, id } of [self, VOID]) ctx.send(type, id, 'receipt', { ifExists: true });
    const next = way[step + 1];
    if (next !== undefined) this.#pass(ctx, next, { key, step: step + 1, way });
    if (this.#outside.prng.chance(0.15)) throw new Error('not this time');
  }

  /** A parcel for no id is refused in development, and a dead letter like one for nobody otherwise. */
  #pass(ctx: CourierContext, { type, id }: Stop, parcel: Parcel): void {
    try {
      ctx.send(type, id, parcel);
    } catch (error) {
      if (id !== '') throw error;
      ctx.send(NOBODY, 'none', parcel);
    }
  }

  started(): void {}

  died(): void {
    this.#clients.died();
  }

  step(process: DurableProcess): boolean {
    this.#checkViolation();
    return this.#clients.step(process);
  }

  isDone(): boolean {
    this.#checkViolation();
    return this.#clients.isDone;
  }

  #checkViolation(): void {
    check(this.#violation === undefined, () => this.#violation ?? '');
  }

  invocationFailed(error: MillraceError): void {
    check(error.code === 'UNKNOWN_TARGET' || error.code === 'INVALID_ID', () => `unexpected failure: ${error.stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set(this.#clients.acknowledged);
  }

  checkCut({ entry, entities, messages, rows, keys }: CommittedCut, known: ReadonlySet<string>): void {
    const epoch = entry?.epoch ?? 0;
    const committed = new Set(keys);
    for (const key of known) check(committed.has(key), () => `epoch ${epoch}: ${key} was acknowledged and is lost`);
    const seen = [...entities.values()].flatMap((state) => (state['seen'] as string[] | undefined) ?? []).toSorted();
    let receipts = 0;
    for (const state of entities.values()) receipts += (state['receipts'] as number | undefined) ?? 0;
    const places = new Map<string, number>();
    for (const { type, message, meta } of messages) {
      if (message === 'receipt') {
        check(meta?.ifExists === true, () => `epoch ${epoch}: a receipt in flight is for everybody`);
        if (type !== VOID.type) receipts++;
      } else this.#found(epoch, places, message as Parcel, meta);
    }
    for (const [key, row] of rows) {
      if (!isDeadLetterKey(key)) continue;
      const letter = row as DeadLetterRow;
      const parcel = messageOf(letter) as Parcel;
      this.#found(epoch, places, parcel, letter.meta ?? undefined);
      const from = parcel.way[parcel.step - 1];
      const source = letter.source?.join(' ');
      check(source === `${from.type} ${from.id}`, () => `epoch ${epoch}: ${parcel.key} came from ${source}`);
    }
    // Every step so far was made once; and where a parcel is that has steps to go, there is one of it.
    const expected: string[] = [];
    for (const key of committed) {
      const { way } = this.#parcels.get(key) as Parcel;
      for (let step = 0; step < (places.get(key) ?? way.length); step++) expected.push(`${key} ${step}`);
    }
    const [found, due] = [seen, expected.toSorted()].map((list) => list.join());
    check(found === due, () => `epoch ${epoch}: seen are ${found}, not ${due} (I6)`);
    check(receipts === seen.length, () => `epoch ${epoch}: ${receipts} receipts for ${seen.length} hops`);
  }

  #found(epoch: number, places: Map<string, number>, { key, step }: Parcel, meta: MessageMeta | undefined): void {
    check(!places.has(key), () => `epoch ${epoch}: ${key} is in two places`);
    check(isCarried(key, meta?.trace), () => `epoch ${epoch}: ${key} carries ${JSON.stringify(meta)}`);
    places.set(key, step);
  }

  checkEnd(cut: CommittedCut): void {
    this.checkCut(cut, this.known());
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
    check(cut.keys.length === this.#parcels.size, () => `${cut.keys.length} of ${this.#parcels.size} parcels`);
  }
}
