/**
 * One invocation of a tree function: does what its commands say, in order, and looks at what it finds on the way. That
 * must not depend on what other branches of the trees do meanwhile; where it is not as it must be, the invocation fails,
 * which nobody expects.
 */
import type { Address, LatePolicy } from '../../src/index.ts';
import type { Command, Target } from './command-tree.ts';
import { FADE_MS, idOf, RESULTS_TYPE, targetOf, type TreeContext, type TreeMessage, typeOf } from './tree-messages.ts';
import { inOrder, keyOf } from './tree-model.ts';

/** What an invocation sends, for an observer; `to` is undefined for what leaves the shards. */
export interface Sent {
  readonly to: Target | undefined;
  readonly uid: number;
  /** What it waits for before it comes, and so in no order with anything else. */
  readonly behind?: 'timer' | 'operation';
}

export interface TreeWorld {
  /** What an `async` command waits for. */
  pause(): Promise<void>;
  /** What an operation waits for. */
  operate(): Promise<void>;
  began?(self: Target, caller: Address | undefined, uid: number): void;
  /** Called when an invocation is about to return; `sent` is undefined if it throws instead. */
  ended?(self: Target, sent: readonly Sent[] | undefined): void;
}

/** Says that something was not as it must be. */
export function violation(what: string): never {
  throw new Error(`violation: ${what}`);
}

export class Interpreter {
  readonly #world: TreeWorld;
  readonly #ctx: TreeContext;
  readonly #self: Target;
  readonly #answerTo: Address | undefined;
  readonly #commands: readonly Command[];
  readonly #sent: Sent[] = [];
  /** Entries that this invocation has written. */
  readonly #entries = new Set<number>();

  constructor(world: TreeWorld, ctx: TreeContext, { uid, commands, answerTo }: TreeMessage) {
    const { caller } = ctx;
    this.#world = world;
    this.#ctx = ctx;
    this.#self = targetOf(ctx.self);
    this.#answerTo = caller?.type === 'millrace/asker' ? caller : answerTo;
    this.#commands = commands;
    world.began?.(this.#self, caller, uid);
  }

  /** One invocation. Synchronous until the first command that waits. */
  run(): void | Promise<void> {
    try {
      const rest = this.#runFrom(this.#commands, 0);
      if (rest !== undefined) return this.#finish(rest);
      this.#world.ended?.(this.#self, this.#sent);
    } catch (error) {
      this.#world.ended?.(this.#self, undefined);
      throw error;
    }
  }

  async #finish(rest: Promise<void>): Promise<void> {
    try {
      await rest;
      this.#world.ended?.(this.#self, this.#sent);
    } catch (error) {
      this.#world.ended?.(this.#self, undefined);
      throw error;
    }
  }

  #runFrom(commands: readonly Command[], first: number): void | Promise<void> {
    for (let index = first; index < commands.length; index++) {
      const waits = this.#wait(commands[index]);
      if (waits !== undefined) return this.#goOn(waits, commands, index + 1);
      this.#perform(commands[index]);
    }
  }

  async #goOn(waits: Promise<void>, commands: readonly Command[], next: number): Promise<void> {
    await waits;
    await this.#runFrom(commands, next);
  }

  #wait(command: Command): Promise<void> | undefined {
    if (command.do === 'async') return this.#goOn(this.#world.pause(), command.commands, 0);
    if (command.do === 'walk') return this.#walk();
    if (command.do === 'bare') return this.#checkBare();
    return undefined;
  }

  #perform(command: Command): void {
    const ctx = this.#ctx;
    switch (command.do) {
      case 'fail':
        throw new Error('as ordered');
      case 'egress':
        ctx.egress(RESULTS_TYPE, command.uid);
        this.#sent.push({ to: undefined, uid: command.uid });
        return;
      case 'answer':
        this.#answer(command.uid);
        return;
      case 'reply':
        this.#reply(command.uid, command.commands);
        return;
      case 'again':
        this.#send(this.#self, command.uid, command.commands);
        return;
      case 'send':
        this.#send(command.to, command.uid, command.commands);
        return;
      case 'later':
        this.#sendLater(command.delayMs, command.to, command.uid, command.commands);
        return;
      case 'begin':
        this.#begin(command.ends, this.#messageOf(command.uid, command.commands));
        return;
      case 'schedule':
        ctx.state.open.set(keyOf(command.uid), this.#messageOf(command.uid, command.commands));
        this.#schedule(command.uid, command.cron, command.late);
        this.#sent.push({ to: this.#self, uid: command.uid, behind: 'timer' });
        return;
      case 'fuse':
        this.#lightFuse(command.uid, command.delayMs);
        return;
      case 'cancel':
        if (!ctx.cancel(keyOf(command.uid))) violation(`fuse ${command.uid} cannot be cancelled`);
        return;
      default:
        this.#write(command);
    }
  }

  #messageOf(uid: number, commands: readonly Command[]): TreeMessage {
    return { uid, commands, answerTo: this.#answerTo };
  }

  // -- what is sent

  #send(to: Target, uid: number, commands: readonly Command[]): void {
    this.#ctx.send(typeOf(to), idOf(to.instance), this.#messageOf(uid, commands));
    this.#sent.push({ to, uid });
  }

  #reply(uid: number, commands: readonly Command[]): void {
    const { caller } = this.#ctx;
    if (caller === undefined || caller.type === 'millrace/asker') return;
    this.#ctx.reply(this.#messageOf(uid, commands));
    this.#sent.push({ to: targetOf(caller), uid });
  }

  #answer(uid: number): void {
    if (this.#answerTo === undefined) return;
    this.#ctx.send(this.#answerTo.type, this.#answerTo.id, uid);
    this.#sent.push({ to: undefined, uid });
  }

  #sendLater(delayMs: number, to: Target, uid: number, commands: readonly Command[]): void {
    this.#ctx.sendAfter(delayMs, typeOf(to), idOf(to.instance), this.#messageOf(uid, commands));
    this.#sent.push({ to, uid, behind: 'timer' });
  }

  #begin(ends: 'value' | 'error' | 'function', message: TreeMessage): void {
    const work = async (): Promise<number> => {
      await this.#world.operate();
      // Without a stack it is no longer than its message.
      if (ends === 'error') throw Object.assign(new Error('ended badly'), { stack: '' });
      return message.uid;
    };
    this.#ctx.async(message, ends === 'function' ? work : work());
    this.#sent.push({ to: this.#self, uid: message.uid, behind: 'operation' });
  }

  #schedule(uid: number, cron: string, late: LatePolicy): void {
    const { self } = this.#ctx;
    this.#ctx.schedule({ cron }, self.type, self.id, { tick: uid }, { token: keyOf(uid), late });
  }

  #lightFuse(uid: number, delayMs: number | undefined): void {
    const { self } = this.#ctx;
    if (delayMs === undefined) this.#schedule(uid, '* * * * * *', 'latest');
    else this.#ctx.sendAfter(delayMs, self.type, self.id, { tick: uid }, { token: keyOf(uid) });
  }

  // -- what is kept

  #write(command: Command): void {
    const { state } = this.#ctx;
    if (command.do === 'increment') state.count = state.count + 1;
    else if (command.do === 'append') state.elements.append(command.uid);
    else if (command.do === 'reverse') state.elements.replaceWith([...state.elements.view()].reverse());
    else if (command.do === 'put') {
      this.#entries.add(command.uid);
      state.entries.set(keyOf(command.uid), command.uid);
    } else if (command.do === 'take') this.#take(command.uid);
    else if (command.do === 'fade') this.#fade();
    else if (command.do === 'delete') this.#delete();
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
    const left = [state.count, state.elements.length, [...state.elements.view()].length];
    if (left.some((count) => count !== 0)) violation(`left of what was deleted: ${left.join()}`);
  }

  // -- what is found

  /** The whole table, and a part of it. */
  async #walk(): Promise<void> {
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
  async #checkBare(): Promise<void> {
    const timers = await this.#ctx.timers();
    if (timers.length > 0) violation(`timers were deleted, and are there: ${JSON.stringify(timers)}`);
  }
}
