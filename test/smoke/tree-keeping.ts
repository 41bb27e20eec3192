/**
 * What an invocation of a tree function keeps and finds: it must not depend on what other branches of the trees do
 * meanwhile. Where it is not as it must be, the invocation fails, which nobody expects.
 */
import { MillraceError } from '../../src/index.ts';
import type { Command } from './command-tree.ts';
import { STUMBLED, type TreeMessage } from './tree-messages.ts';
import { inOrder, keyOf } from './tree-model.ts';
import { FADE_MS, type TreeContext } from './tree-states.ts';

const VIOLATION = 'violation: ';

/** Says that something was not as it must be. */
export function violation(what: string): never {
  throw new Error(VIOLATION + what);
}

/** Of what an invocation has thrown. */
export function violationOf(thrown: unknown): string | undefined {
  const { message } = thrown as Error;
  return message.startsWith(VIOLATION) ? message : undefined;
}

export class Keeping {
  readonly #ctx: TreeContext;
  /** Entries that this invocation has written. */
  readonly #entries = new Set<number>();

  constructor(ctx: TreeContext) {
    this.#ctx = ctx;
  }

  write(command: Command): void {
    const { state } = this.#ctx;
    if (command.do === 'increment') state.count = state.count + 1;
    else if (command.do === 'tally') state.tally = { ...state.tally, count: state.tally.count + 1 };
    else if (command.do === 'append') state.elements.append(command.uid);
    else if (command.do === 'reverse') state.elements.replaceWith([...state.elements.view()].reverse());
    else if (command.do === 'put') {
      this.#entries.add(command.uid);
      state.entries.set(keyOf(command.uid), command.uid);
    } else if (command.do === 'take') this.#take(command.uid);
    else if (command.do === 'fade') this.#fade();
    else if (command.do === 'delete') this.#delete();
    else if (command.do === 'misfit') this.#beRefused();
    else violation(`nobody can ${command.do}`);
  }

  #take(uid: number): void {
    const { entries, elements } = this.#ctx.state;
    const key = keyOf(uid);
    const all = [...elements.view()];
    const places = [entries.get(key) === uid, all.includes(uid)];
    if (places[0] === places[1]) violation(`${uid} is to be taken, and is in ${places[0] ? 'two places' : 'no place'}`);
    if (places[0]) entries.delete(key);
    else elements.replaceWith(all.filter((other) => other !== uid));
  }

  #fade(): void {
    const { state } = this.#ctx;
    const now = this.#ctx.now();
    const since = state.fadingSince;
    const expected = since === undefined || now >= since + FADE_MS ? undefined : since;
    if (state.fading !== expected) violation(`at ${now} ${state.fading} has not faded, since ${since}`);
    state.fading = now;
    state.fadingSince = now;
  }

  #delete(): void {
    const { state } = this.#ctx;
    this.#ctx.delete();
    this.#entries.clear();
    const left = [state.count, state.tally?.count ?? 0, state.elements.length, [...state.elements.view()].length];
    if (left.some((count) => count !== 0)) violation(`left of what was deleted: ${left.join()}`);
  }

  /** The whole table, and a part of it. */
  async walk(): Promise<void> {
    const { entries } = this.#ctx.state;
    const uids: number[] = [];
    for await (const [key, uid] of entries.entries()) {
      if (key !== keyOf(uid) || entries.get(key) !== uid) violation(`entry ${key} is ${uid}`);
      uids.push(uid);
    }
    if (uids.join() !== inOrder(uids).join()) violation(`entries come in the order ${uids.join()}`);
    for (const uid of this.#entries) if (!uids.includes(uid)) violation(`entry ${uid} is left out`);
    const first = uids[Math.floor(uids.length / 2)] ?? 0;
    const range = { from: keyOf(first), limit: 3 };
    const part: number[] = [];
    for await (const uid of entries.values(range)) part.push(uid);
    const expected = uids.slice(Math.floor(uids.length / 2)).slice(0, range.limit);
    if (part.join() !== expected.join())
      violation(`entries from ${first} on are ${part.join()}, not ${expected.join()}`);
  }

  /** Whoever was deleted has no timers. */
  async checkBare(): Promise<void> {
    const timers = await this.#ctx.timers();
    if (timers.length > 0) violation(`timers were deleted, and are there: ${JSON.stringify(timers)}`);
  }

  /** What must not be sent, kept or set, and leaves no trace of itself. */
  #beRefused(): void {
    const ctx = this.#ctx;
    const { type, id } = ctx.self;
    const wrong = { uid: -1, commands: [] } satisfies TreeMessage;
    refused('MESSAGE_INVALID', () => ctx.send(type, id, wrong));
    refused('MESSAGE_INVALID', () => ctx.sendAfter(1, type, id, wrong));
    refused('INVALID_DELAY', () => ctx.sendAfter(-1, type, id, { uid: 0, commands: [] }));
    refused('STATE_INVALID', () => {
      ctx.state.guarded = -1;
    });
    if (ctx.state.guarded !== 0) violation(`${ctx.state.guarded} was refused, and is there`);
  }
}

function refused(code: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof MillraceError && error.code === code) return;
    violation(`${String(error)}, not ${code}`);
  }
  violation(`nobody refused it with ${code}`);
}

/** An attempt that is not to succeed. */
export function stumble(): never {
  throw new Error(STUMBLED);
}
