/**
 * Tables and lists on an engine that dies. Each shelf keeps, beside a table, a table with an initial value and a list, the
 * keys of the orders that it has carried out since it was last deleted. So every invocation knows what it must find when
 * it reads entries, goes through ranges and views the list; and at every committed cut the rows of a shelf must be
 * exactly what its orders come to, with none left over of what was cleared or deleted.
 */
import { type Context, defineFunction, defineModule, list, type Module, table, value } from '../../src/index.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import { KeyedClients } from './keyed-client.ts';
import { partsOf } from './state-rows.ts';
import { type Action, actionsOf, failsOf, manyKeys, type Order, SHELF_KEYS, ShelfModel } from './shelf-model.ts';

const state = {
  done: value<readonly string[]>({ initial: [] }),
  items: table<number>(),
  counts: table({ initial: 0 }),
  log: list<number>(),
};
type ShelfContext = Context<typeof state>;

const PLAIN_TYPE = 'shelf/plain';
const ASYNC_TYPE = 'shelf/async';

export class Shelves implements Workload {
  readonly #outside: Outside;
  readonly #clients: KeyedClients;
  readonly #orders: ReadonlyMap<string, Order>;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const shelfCount = prng.pick([1, 2, 5, 20]);
    this.#outside = outside;
    const all = Array.from({ length: setting.size * 2 }, (_, index) => ({
      key: `order-${index}`,
      type: prng.pick([PLAIN_TYPE, ASYNC_TYPE]),
      id: `${prng.pick(['', 'ä'])}${prng.below(shelfCount)}`,
      message: { key: `order-${index}`, seed: prng.int32() },
    }));
    this.#orders = new Map(all.map(({ key, message }) => [key, message]));
    this.#clients = new KeyedClients(outside, all);
  }

  newModule(): Module {
    const plain = defineFunction({
      type: PLAIN_TYPE,
      state,
      invoke: (ctx: ShelfContext, order: Order) => void this.#carryOut(ctx, order),
    });
    const async = defineFunction({
      type: ASYNC_TYPE,
      state,
      invoke: async (ctx: ShelfContext, order: Order) => {
        const { clock, prng } = this.#outside;
        await this.#goThrough(ctx, this.#modelOf(ctx.state.done));
        if (prng.chance(0.5)) await clock.sleep(prng.below(10));
        const model = this.#carryOut(ctx, order);
        await this.#goThrough(ctx, model);
      },
    });
    return defineModule({
      functions: [plain, async],
    });
  }

  /** What a shelf holds that has carried out these orders. */
  #modelOf(done: readonly string[]): ShelfModel {
    const model = new ShelfModel();
    for (const key of done) for (const action of actionsOf(this.#orders.get(key) as Order)) model.carryOut(action);
    return model;
  }

  /** Returns what it must hold then. */
  #carryOut(ctx: ShelfContext, order: Order): ShelfModel {
    const model = this.#modelOf(ctx.state.done);
    this.#lookAt(ctx, model);
    for (const action of actionsOf(order)) {
      act(ctx, action);
      model.carryOut(action);
    }
    ctx.state.done = [...ctx.state.done, order.key];
    this.#lookAt(ctx, model);
    return model;
  }

  /** Point by point, as any function can. */
  #lookAt({ self, state: { items, counts, log } }: ShelfContext, model: ShelfModel): void {
    const keys = [...SHELF_KEYS, ...manyKeys(3)];
    const seen = keys.map((key) => [items.get(key), items.has(key), counts.get(key)]);
    const expected = keys.map((key) => [model.items.get(key), model.items.has(key), model.counts.get(key) ?? 0]);
    checkEqual(`${self.type} ${self.id} reads`, seen, expected);
    checkEqual(`${self.type} ${self.id} views`, [log.length, ...log.view()], [model.log.length, ...model.log]);
    this.#outside.note(log.length);
  }

  /** Everything, and a random range. */
  async #goThrough({ self, state: { items, counts } }: ShelfContext, model: ShelfModel): Promise<void> {
    const { prng } = this.#outside;
    const [from, before, prefix] = [prng.pick(SHELF_KEYS), prng.pick(SHELF_KEYS), prng.pick(['', 'ab', 'ab/'])];
    const limit = 1 + prng.below(5);
    const inRange = model.sorted('items').filter(([key]) => {
      return isBefore(key, before) && !isBefore(key, from) && key.startsWith(prefix);
    });
    const seen = await collect(items.entries({ from, before, prefix, limit }));
    checkEqual(`${self.type} ${self.id}: range`, seen, inRange.slice(0, limit));
    checkEqual(`${self.type} ${self.id}: items`, await collect(items.entries()), model.sorted('items'));
    checkEqual(`${self.type} ${self.id}: counts`, await collect(counts.entries()), model.sorted('counts'));
  }

  started(): void {}

  died(): void {
    this.#clients.died();
  }

  step(process: DurableProcess): boolean {
    return this.#clients.step(process);
  }

  isDone(): boolean {
    return this.#clients.isDone;
  }

  invocationFailed({ code, cause, stack }: MillraceError): void {
    const isOrdered = code === 'INVOCATION_FAILED' && cause instanceof Error && cause.message === 'as ordered';
    check(isOrdered, () => `unexpected failure: ${stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set(this.#clients.acknowledged);
  }

  checkCut({ entry, keys, entities, rows }: CommittedCut, known: ReadonlySet<string>): void {
    const epoch = entry?.epoch ?? 0;
    const admitted = new Set(keys);
    for (const key of known) check(admitted.has(key), () => `epoch ${epoch}: ${key} was acknowledged and is lost`);
    const held = shelvesOf(rows);
    for (const name of new Set([...entities.keys(), ...held.keys()])) {
      const done = (entities.get(name)?.['done'] as string[] | undefined) ?? [];
      check(new Set(done).size === done.length, () => `epoch ${epoch}: ${name} carried out an order twice`);
      const failed = done.find((key) => failsOf(this.#orders.get(key) as Order));
      check(failed === undefined, () => `epoch ${epoch}: ${failed} has failed, and yet happened to ${name} (I5)`);
      const [seen, expected] = [(held.get(name) ?? new ShelfModel()).text, this.#modelOf(done).text];
      check(seen === expected, () => `epoch ${epoch}: ${name} holds ${seen}, not ${expected}`);
      const length = (entities.get(name)?.['log\0length'] as number | undefined) ?? 0;
      check(length === this.#modelOf(done).log.length, () => `epoch ${epoch}: the log of ${name} is ${length} long`);
    }
  }

  checkEnd(cut: CommittedCut): void {
    this.checkCut(cut, this.known());
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
  }
}

function act(ctx: ShelfContext, each: Action): void {
  const { items, counts, log } = ctx.state;
  if (each.do === 'set') items.set(each.key, each.value);
  else if (each.do === 'count') counts.set(each.key, counts.get(each.key) + each.value);
  else if (each.do === 'remove') items.delete(each.key);
  else if (each.do === 'fill') for (const key of manyKeys(each.count)) items.set(key, each.value);
  else if (each.do === 'append') log.appendAll(each.elements);
  else if (each.do === 'replace') log.replaceWith(each.elements);
  else if (each.do === 'clear') ctx.clear(each.name);
  else if (each.do === 'delete') ctx.delete();
  else throw new Error('as ordered');
}

/** What the rows of a cut say, by type and id. */
function shelvesOf(rows: ReadonlyMap<string, unknown>): Map<string, ShelfModel> {
  const shelves = new Map<string, ShelfModel>();
  for (const { address, name, key, value: found } of partsOf(rows)) {
    const of = `${address.type} ${address.id}`;
    const shelf = shelves.get(of) ?? new ShelfModel();
    shelves.set(of, shelf);
    if (key === undefined) shelf.log.push(found as number);
    else shelf[name as 'items' | 'counts'].set(key, found as number);
  }
  return shelves;
}

async function collect<Item>(found: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of found) items.push(item);
  return items;
}

function isBefore(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) < 0;
}

function checkEqual(what: string, seen: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(expected)];
  check(one === other, () => `${what} ${one}, not ${other}`);
}
