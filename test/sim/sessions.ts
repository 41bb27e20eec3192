/**
 * Sessions: values that expire and values of many versions, each with its shadow (see `shadow-workload.ts`). At every
 * committed cut each entity with something that expires has one row for it, and in the end all that has expired is gone
 * from the disk.
 */
import { type Context, defineFunction, defineModule, type Module, value, type ValueSpec } from '../../src/index.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import { readExpiryKey } from '../../src/shard/rows/expiry-rows.ts';
import { SECTION_EXPIRY } from '../../src/store/key-layout.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside } from '../../src/testing/workload.ts';
import { Refusal, smallSchema } from '../small-schema.ts';
import { ShadowWorkload } from './shadow-workload.ts';

const SESSION_MS = 400;
const SEEN_MS = 1_000;
/** The step that not every profile survives. */
const NARROW_STEP = 3;

interface Profile {
  /** The version that it is of, as its steps have counted it. */
  readonly version: number;
  readonly n: number;
}

interface Shadow {
  readonly session?: { readonly n: number; readonly writtenAt: number } | undefined;
  readonly seen?: { readonly n: number; readonly usedAt: number } | undefined;
  readonly profile?: Profile | undefined;
  readonly keys: readonly string[];
}

interface Order {
  readonly do: 'visit' | 'log in' | 'log out' | 'rename' | 'leave';
  readonly key: string;
  readonly n: number;
}

type SessionState = {
  readonly session: ValueSpec<number, number | undefined>;
  readonly seen: ValueSpec<number, number | undefined>;
  readonly profile: ValueSpec<Profile, Profile | undefined>;
  readonly shadow: ValueSpec<Shadow>;
};
type SessionContext = Context<SessionState>;

const profileSchema = smallSchema<Profile>((profile) => {
  const { n } = profile as Profile;
  return n >= 0 ? (profile as Profile) : new Refusal('less than nothing', 'n');
});

function step({ version, n }: Profile): Profile {
  if (version === NARROW_STEP && n % 7 === 3) throw new Error('not this one');
  return { version: version + 1, n };
}

export class Sessions extends ShadowWorkload {
  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const count = prng.pick([1, 3, 10, 40]);
    const orders = Array.from({ length: setting.size * 3 }, (_, index) => {
      const kind = prng.pick(['visit', 'visit', 'log in', 'log in', 'log out', 'rename', 'rename', 'leave'] as const);
      const order: Order = { do: kind, key: `order-${index}`, n: index };
      const type = prng.chance(0.8) ? 'sessions/plain' : 'sessions/slow';
      return { key: order.key, type, id: `${index % 3 === 0 ? 'ä' : ''}${prng.below(count)}`, message: order };
    });
    super(outside, orders, isOver);
  }

  protected override moduleOf(version: number): Module {
    const steps = Array.from({ length: version - 1 }, (_, index) => [index + 1, step] as const);
    const state = {
      session: value<number>({ expire: { after: SESSION_MS } }),
      seen: value<number>({ expire: { after: SEEN_MS, since: 'access' } }),
      profile: value({ schema: profileSchema, version, migrate: Object.fromEntries(steps) }),
      shadow: value<Shadow>({ initial: { keys: [] } }),
    };
    const plain = defineFunction({
      type: 'sessions/plain',
      state,
      invoke: (ctx: SessionContext, order: Order) => this.#carryOut(ctx, order, version),
    });
    const slow = defineFunction({
      type: 'sessions/slow',
      state,
      invoke: async (ctx: SessionContext, order: Order) => {
        const { clock, prng, linger } = this.outside;
        await (prng.chance(0.2) ? linger() : clock.sleep(prng.below(300)));
        this.#carryOut(ctx, order, version);
      },
    });
    return defineModule({ functions: [plain, slow] });
  }

  #carryOut(ctx: SessionContext, order: Order, version: number): void {
    const { state } = ctx;
    this.#compareSession(ctx);
    this.#compareSeen(ctx);
    this.#compareProfile(ctx, version);
    const { n } = order;
    const now = ctx.now();
    const keys = [...state.shadow.keys, order.key];
    this.outside.note(n);
    if (order.do === 'leave') ctx.delete();
    else if (order.do === 'log out') {
      ctx.clear('session');
      state.shadow = { ...state.shadow, session: undefined };
    } else if (order.do === 'log in') {
      state.session = n;
      state.seen = n;
      state.shadow = { ...state.shadow, session: { n, writtenAt: now }, seen: { n, usedAt: now } };
    } else if (order.do === 'rename') {
      this.#refuse(() => (state.profile = { version, n: -1 }), 'STATE_INVALID');
      state.profile = { version, n };
      state.shadow = { ...state.shadow, profile: { version, n } };
    }
    state.shadow = { ...state.shadow, keys };
  }

  /** Gone on the millisecond. */
  #compareSession(ctx: SessionContext): void {
    const { state, self } = ctx;
    const { session } = state.shadow;
    const expected = session !== undefined && ctx.now() < session.writtenAt + SESSION_MS ? session.n : undefined;
    this.expect(state.session === expected, () => `session of ${self.id} is ${state.session}, not ${expected}`);
  }

  /** Never gone earlier than it may be, and at most a tenth later; being asked for it is using it. */
  #compareSeen(ctx: SessionContext): void {
    const { state } = ctx;
    const { seen } = state.shadow;
    const found = state.seen;
    const now = ctx.now();
    const age = now - (seen?.usedAt ?? 0);
    if (found === undefined) {
      this.expect(seen === undefined || age >= SEEN_MS, () => `seen of ${ctx.self.id} is gone after ${age} ms`);
      state.shadow = { ...state.shadow, seen: undefined };
    } else {
      this.expect(found === seen?.n, () => `seen of ${ctx.self.id} is ${found}, not ${seen?.n}`);
      this.expect(age < SEEN_MS * 1.1, () => `seen of ${ctx.self.id} is there after ${age} ms`);
      state.shadow = { ...state.shadow, seen: { n: found, usedAt: now } };
    }
  }

  #compareProfile({ state, self }: SessionContext, version: number): void {
    const { profile } = state.shadow;
    if (profile !== undefined && profile.version <= NARROW_STEP && version > NARROW_STEP && profile.n % 7 === 3) {
      this.#refuse(() => state.profile, 'STATE_MIGRATION_FAILED');
      return;
    }
    const found = state.profile;
    const isSame = found?.n === profile?.n && (found === undefined || found.version === version);
    this.expect(isSame, () => `profile of ${self.id} is ${JSON.stringify(found)}, not ${JSON.stringify(profile)}`);
    if (found !== undefined) state.shadow = { ...state.shadow, profile: found };
  }

  #refuse(work: () => unknown, code: string): void {
    try {
      work();
    } catch (error) {
      this.expect((error as MillraceError).code === code, () => `not ${code}: ${(error as Error).stack}`);
      return;
    }
    this.expect(false, () => `${code} is missing`);
  }

  override checkCut(cut: CommittedCut): void {
    const epoch = cut.entry?.epoch ?? 0;
    const armed = [...cut.entities].flatMap(([name, state]) => {
      const due = state['\0expiry'] as number | undefined;
      const needsRow = state['session'] !== undefined || state['seen'] !== undefined;
      check(due !== undefined || !needsRow, () => `epoch ${epoch}: ${name} has something that expires and no row`);
      return due === undefined ? [] : [`${due} ${name}`];
    });
    const lines = [armed, expiryRows(cut)].map((list) => list.toSorted().join());
    check(lines[0] === lines[1], () => `epoch ${epoch}: entities have rows at ${lines[0]}, but there are ${lines[1]}`);
  }

  override checkEnd(cut: CommittedCut): void {
    this.checkCut(cut);
    check(
      [...cut.entities.values()].every(isWithoutRest),
      () => 'something that has expired is on the disk in the end',
    );
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
  }
}

function isOver(cut: CommittedCut): boolean {
  const isEmpty = cut.messages.length === 0 && expiryRows(cut).length === 0;
  return isEmpty && [...cut.entities.values()].every(isWithoutRest);
}

function isWithoutRest(state: Readonly<Record<string, unknown>>): boolean {
  return ['session', 'seen', '\0expiry'].every((name) => state[name] === undefined);
}

function expiryRows({ rows }: CommittedCut): string[] {
  const keys = [...rows.keys()].filter((key) => key.charCodeAt(2) === SECTION_EXPIRY);
  return keys.map(readExpiryKey).map(({ due, type, id }) => `${due} ${type} ${id}`);
}
