/**
 * Cloakrooms: tables and lists whose entries and elements expire, and tables and lists of many versions, each with its
 * shadow (see `shadow-workload.ts`). At every committed cut each entry that expires has a row that is due no earlier than
 * it is gone, and in the end all that has expired has left the disk.
 */
import { type Context, defineFunction, defineModule, list, type Module, table, value } from '../../src/index.ts';
import { readExpiryKey } from '../../src/shard/rows/expiry-rows.ts';
import { KeptValue, NEVER } from '../../src/state/kept-value.ts';
import { readAddressBytes } from '../../src/state/row.ts';
import { SECTION_EXPIRY, SECTION_TABLE } from '../../src/store/key-layout.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside } from '../../src/testing/workload.ts';
import { ShadowWorkload } from './shadow-workload.ts';

const TICKET_MS = 400;
const COAT_MS = 1_000;
const PLACES = ['a', 'b', 'ä', 'ab', 'abc'];

interface Tag {
  /** The version that it is of, as its steps have counted it. */
  readonly version: number;
  readonly n: number;
}

/** When it was last set or, of a coat, read. */
interface Timed {
  readonly n: number;
  readonly at: number;
}
type ByPlace<Item> = Readonly<Record<string, Item | undefined>>;

interface Shadow {
  readonly tickets: ByPlace<Timed>;
  readonly coats: ByPlace<Timed>;
  readonly tags: ByPlace<number>;
  readonly log: readonly number[];
  readonly queue: readonly Timed[];
  readonly guests: readonly Timed[];
  readonly keys: readonly string[];
}
const EMPTY: Shadow = { tickets: {}, coats: {}, tags: {}, log: [], queue: [], guests: [], keys: [] };

interface Order {
  readonly do: 'look' | 'hand in' | 'fetch' | 'tag' | 'clear' | 'leave';
  readonly place: string;
  readonly key: string;
  readonly n: number;
}

function step({ version, n }: Tag): Tag {
  return { version: version + 1, n };
}

function stateOf(version: number) {
  const migrate = Object.fromEntries(Array.from({ length: version - 1 }, (_, index) => [index + 1, step]));
  return {
    shadow: value({ initial: EMPTY }),
    tickets: table<number>({ expire: { after: TICKET_MS } }),
    coats: table<number>({ expire: { after: COAT_MS, since: 'access' } }),
    tags: table<Tag>({ version, migrate }),
    log: list<Tag>({ version, migrate }),
    queue: list<number>({ expire: { after: TICKET_MS } }),
    guests: list<number>({ expire: { after: COAT_MS, since: 'access' } }),
  };
}
type RoomContext = Context<ReturnType<typeof stateOf>>;

export class Cloakrooms extends ShadowWorkload {
  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const count = prng.pick([1, 3, 10, 40]);
    const orders = Array.from({ length: setting.size * 3 }, (_, index) => {
      const kinds = ['look', 'look', 'hand in', 'hand in', 'hand in', 'fetch', 'tag', 'tag', 'clear', 'leave'] as const;
      const order: Order = { do: prng.pick(kinds), place: prng.pick(PLACES), key: `order-${index}`, n: index };
      const type = prng.chance(0.7) ? 'cloakroom/plain' : 'cloakroom/slow';
      return { key: order.key, type, id: `${index % 3 === 0 ? 'ä' : ''}${prng.below(count)}`, message: order };
    });
    super(outside, orders, (cut) => cut.messages.length === 0 && restOf(cut).length === 0);
  }

  protected override moduleOf(version: number): Module {
    const state = stateOf(version);
    const plain = defineFunction({
      type: 'cloakroom/plain',
      state,
      invoke: (ctx: RoomContext, order: Order) => this.#carryOut(ctx, order, version),
    });
    const slow = defineFunction({
      type: 'cloakroom/slow',
      state,
      invoke: async (ctx: RoomContext, order: Order) => {
        await this.#goThrough(ctx, 'tickets', TICKET_MS, TICKET_MS);
        await this.#goThrough(ctx, 'coats', COAT_MS, COAT_MS * 1.1);
        this.#carryOut(ctx, order, version);
      },
    });
    return defineModule({ functions: [plain, slow] });
  }

  #carryOut(ctx: RoomContext, { do: what, place, key, n }: Order, version: number): void {
    const { state } = ctx;
    this.#comparePlaces(ctx);
    this.#compareLists(ctx);
    this.#compareTags(ctx, version);
    this.outside.note(n);
    const now = ctx.now();
    const before = state.shadow;
    let shadow = before;
    if (what === 'leave') {
      ctx.delete();
      shadow = { ...EMPTY, keys: before.keys };
    } else if (what === 'clear') {
      ctx.clear('coats');
      state.queue.replaceWith([n]);
      shadow = { ...before, coats: {}, queue: [{ n, at: now }] };
    } else if (what === 'fetch') {
      state.tickets.delete(place);
      state.coats.delete(place);
      shadow = { ...before, tickets: without(before.tickets, place), coats: without(before.coats, place) };
    } else if (what === 'hand in') {
      state.tickets.set(place, n);
      state.coats.set(place, n);
      state.queue.append(n);
      state.guests.appendAll([n, n]);
      const timed = { n, at: now };
      const [tickets, coats] = [before.tickets, before.coats].map((items) => ({ ...items, [place]: timed }));
      const [queue, guests] = [
        [...before.queue, timed],
        [...before.guests, timed, timed],
      ];
      shadow = { ...before, tickets, coats, queue, guests };
    } else if (what === 'tag') {
      state.tags.set(place, { version, n });
      state.log.append({ version, n });
      shadow = { ...before, tags: { ...before.tags, [place]: n }, log: [...before.log, n] };
    }
    state.shadow = { ...shadow, keys: [...before.keys, key] };
  }

  /** Tickets are gone on the millisecond; coats never too early, and at most a tenth later, and reading counts. */
  #comparePlaces(ctx: RoomContext): void {
    const { tickets, coats, shadow } = ctx.state;
    const now = ctx.now();
    let seen = shadow.coats;
    for (const place of PLACES) {
      const ticket = shadow.tickets[place];
      const expected = ticket !== undefined && now < ticket.at + TICKET_MS ? ticket.n : undefined;
      const found = [tickets.get(place), tickets.has(place)];
      const isSame = found[0] === expected && found[1] === (expected !== undefined);
      this.expect(isSame, () => `ticket ${place} of ${ctx.self.id} is ${found.join()}, not ${expected}`);
      const coat = shadow.coats[place];
      const age = now - (coat?.at ?? 0);
      const n = coats.get(place);
      if (n === undefined) {
        this.expect(coat === undefined || age >= COAT_MS, () => `coat ${place} is gone after ${age} ms`);
        seen = without(seen, place);
      } else {
        this.expect(n === coat?.n, () => `coat ${place} of ${ctx.self.id} is ${n}, not ${coat?.n}`);
        this.expect(age < COAT_MS * 1.1, () => `coat ${place} is there after ${age} ms`);
        seen = { ...seen, [place]: { n, at: now } };
      }
    }
    ctx.state.shadow = { ...shadow, coats: seen };
  }

  /** The same for the elements of lists. */
  #compareLists(ctx: RoomContext): void {
    const { state, self } = ctx;
    const { queue, guests, shadow } = state;
    const now = ctx.now();
    const left = shadow.queue.filter(({ at }) => now < at + TICKET_MS);
    const found = [queue.length, ...queue.view()].join();
    const expected = [left.length, ...left.map(({ n }) => n)].join();
    this.expect(found === expected, () => `queue of ${self.id} is ${found}, not ${expected}`);
    const count = guests.length;
    const shown = [...guests.view()];
    const gone = shadow.guests.slice(0, shadow.guests.length - count);
    const kept = shadow.guests.slice(gone.length);
    const isSame = count === shown.length && shown.join() === kept.map(({ n }) => n).join();
    this.expect(isSame, () => `guests of ${self.id}: ${count}: ${shown.join()} of ${JSON.stringify(shadow.guests)}`);
    const isInTime = gone.every(({ at }) => now >= at + COAT_MS) && kept.every(({ at }) => now < at + COAT_MS * 1.1);
    this.expect(isInTime, () => `guests of ${self.id} at ${now}: ${count} of ${JSON.stringify(shadow.guests)}`);
    state.shadow = { ...shadow, queue: left, guests: kept.map(({ n }) => ({ n, at: now })) };
  }

  #compareTags({ state, self }: RoomContext, version: number): void {
    const { tags, log, shadow } = state;
    const found = [...PLACES.flatMap((place) => tags.get(place) ?? []), ...log.view()];
    const expected = [...PLACES.flatMap((place) => shadow.tags[place] ?? []), ...shadow.log];
    const isSame = found.map(({ n }) => n).join() === expected.join() && found.every((tag) => tag.version === version);
    this.expect(isSame, () => `tags of ${self.id}: ${JSON.stringify(found)}, not ${expected.join()} of ${version}`);
  }

  /** Entries that outlive it are shown, and none that were gone before. */
  async #goThrough(ctx: RoomContext, name: 'tickets' | 'coats', least: number, most: number): Promise<void> {
    const { clock, prng } = this.outside;
    const shadow = ctx.state.shadow[name];
    const begun = ctx.now();
    const shown = new Set<string>();
    for await (const [place, n] of ctx.state[name].entries()) {
      const known = shadow[place];
      this.expect(known?.n === n, () => `${name} of ${ctx.self.id}: ${place} is ${n}, not ${known?.n}`);
      this.expect(begun < (known?.at ?? 0) + most, () => `${name} of ${ctx.self.id}: ${place} is shown too late`);
      shown.add(place);
      if (prng.chance(0.2)) await clock.sleep(prng.below(200));
    }
    const end = ctx.now();
    for (const [place, known] of Object.entries(shadow)) {
      const isSeen = known === undefined || end >= known.at + least || shown.has(place);
      this.expect(isSeen, () => `${name} of ${ctx.self.id}: ${place} is not shown`);
    }
  }

  override checkCut({ entry, rows, cells }: CommittedCut): void {
    const epoch = entry?.epoch ?? 0;
    const dues = new Map<string, number>();
    for (const key of rows.keys()) {
      const { due, rowKey } = key.charCodeAt(2) === SECTION_EXPIRY ? readExpiryKey(key) : {};
      if (due !== undefined && rowKey !== undefined) dues.set(rowKey, Math.max(due, dues.get(rowKey) ?? 0));
    }
    for (const [key, stored] of rows) {
      if (key.charCodeAt(2) !== SECTION_TABLE || !(stored instanceof KeptValue) || stored.deadline === NEVER) continue;
      const isArmed = (dues.get(key) ?? 0) >= stored.deadline;
      check(isArmed, () => `epoch ${epoch}: an entry lives to ${stored.deadline}, its row is due at ${dues.get(key)}`);
      const { type, id } = readAddressBytes(key, 3);
      const marks = cells.get(`${type} ${id}`) ?? {};
      const isMarked = ['tickets', 'coats'].some((name) => marks[`${name}\0table`] !== undefined);
      const isSeen = stored.deadline > this.outside.clock.now();
      check(isMarked || !isSeen, () => `epoch ${epoch}: ${type} ${id} has entries and does not know`);
    }
  }

  override checkEnd(cut: CommittedCut): void {
    this.checkCut(cut);
    check(restOf(cut).length === 0, () => `left in the end: ${restOf(cut).join()}`);
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
  }
}

function without<Item>(items: ByPlace<Item>, place: string): ByPlace<Item> {
  return { ...items, [place]: undefined };
}

/** All that is there of what expires. */
function restOf({ rows, entities }: CommittedCut): string[] {
  const marks = ['tickets\0table', 'coats\0table', 'queue\0length', 'guests\0length', '\0expiry'];
  const held = [...entities].filter(([, state]) => marks.some((name) => state[name] !== undefined));
  const kept = [...rows].filter(([key, stored]) => {
    return key.charCodeAt(2) === SECTION_EXPIRY || (stored instanceof KeptValue && stored.deadline < NEVER);
  });
  return [...held.map(([name]) => name), ...kept.map(([key]) => JSON.stringify(key))];
}
