/**
 * One invocation of a tree function: does what its commands say, in order, sends what is to be sent, and says so to an
 * observer. What it keeps, and what it finds on the way, is in `tree-keeping.ts`.
 */
import type { Address, LatePolicy, MessageOptions } from '../../src/index.ts';
import type { Command, Target } from './command-tree.ts';
import { Keeping, stumble, violation } from './tree-keeping.ts';
import {
  causalIdOf,
  idOf,
  NOBODY_TYPE,
  ORDERED,
  RESULTS_TYPE,
  targetOf,
  tracePart,
  TREE_TYPES,
  type TreeMessage,
  typeOf,
} from './tree-messages.ts';
import { keyOf } from './tree-model.ts';
import type { TreeContext } from './tree-states.ts';

/** What an invocation sends, for an observer; `to` is undefined for what leaves the shards. */
export interface Sent {
  readonly to: Target | undefined;
  readonly uid: number;
  /** What it waits for before it comes, and so in no order with anything else. */
  readonly behind?: 'timer' | 'operation';
  /** Why it never comes to anybody: it is dropped without a word, or a dead letter that is told of. */
  readonly fate?: 'dropped' | 'refused';
}

export interface TreeWorld {
  /** What an `async` command waits for. */
  pause(): Promise<void>;
  /** What an operation waits for. */
  operate(): Promise<void>;
  /** Which attempt at a message this is that is to stumble, from 1. Whoever forgets it has it stumble more often. */
  attempt(uid: number): number;
  /** Something was not as it must be. */
  violated(what: string): void;
  /** Whether messages may belong to traces that trees know nothing of. */
  readonly hasOtherTraces?: boolean;
  /** What was not, for worlds that nobody else looks at. */
  readonly violation?: string | undefined;
  began?(self: Target, caller: Address | undefined, uid: number): void;
  /** Called when an invocation is about to return, or to throw. */
  ended?(self: Target, uid: number, sent: readonly Sent[]): void;
  threw?(self: Target, uid: number, error: unknown): void;
}

export class Interpreter {
  readonly #world: TreeWorld;
  readonly #ctx: TreeContext;
  readonly #self: Target;
  readonly #answerTo: Address | undefined;
  readonly #message: TreeMessage;
  readonly #keeping: Keeping;
  readonly #sent: Sent[] = [];
  #attempt: number | undefined;

  constructor(world: TreeWorld, ctx: TreeContext, message: TreeMessage) {
    const { caller } = ctx;
    this.#world = world;
    this.#ctx = ctx;
    this.#self = targetOf(ctx.self);
    this.#answerTo = caller?.type === 'millrace/asker' ? caller : message.answerTo;
    this.#message = message;
    this.#keeping = new Keeping(ctx);
    world.began?.(this.#self, caller, message.uid);
  }

  /** One invocation. Synchronous until the first command that waits. */
  run(): void | Promise<void> {
    try {
      this.#checkTrace();
      const rest = this.#runFrom(this.#message.commands, 0);
      if (rest !== undefined) return this.#finish(rest);
      this.#ended();
    } catch (error) {
      this.#threw(error);
    }
  }

  async #finish(rest: Promise<void>): Promise<void> {
    try {
      await rest;
      this.#ended();
    } catch (error) {
      this.#threw(error);
    }
  }

  #ended(): void {
    this.#world.ended?.(this.#self, this.#message.uid, this.#sent);
  }

  #threw(error: unknown): never {
    this.#world.threw?.(this.#self, this.#message.uid, error);
    throw error;
  }

  /** What comes of a root belongs to its trace, whatever has become of it on the way. */
  #checkTrace(): void {
    const { root } = this.#message;
    const { trace } = this.#ctx;
    if (this.#world.hasOtherTraces === true) return;
    const isRight =
      root === undefined
        ? trace?.traceparent === undefined
        : trace?.causalId === causalIdOf(root) && trace.traceparent?.startsWith(tracePart(root)) === true;
    if (!isRight) violation(`${this.#message.uid} of root ${root} has the trace ${JSON.stringify(trace)}`);
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
    if (command.do === 'walk') return this.#keeping.walk();
    if (command.do === 'bare') return this.#keeping.checkBare();
    return undefined;
  }

  #perform(command: Command): void {
    const ctx = this.#ctx;
    switch (command.do) {
      case 'fail':
        throw new Error(ORDERED);
      case 'stumble':
        this.#stumble(command.times);
        return;
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
      case 'knock':
        this.#send(this.#self, command.uid, command.commands, { ifExists: true });
        return;
      case 'ghost':
        this.#sendGhost(command.to ?? this.#self, command.uid);
        return;
      case 'stray':
        this.#sendStray(command.uid, command.instance);
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
        this.#keeping.write(command);
    }
  }

  #stumble(times: number): void {
    const { uid, mended } = this.#message;
    if (mended === true) return;
    this.#attempt ??= this.#world.attempt(uid);
    if (this.#attempt <= times) stumble();
  }

  #messageOf(uid: number, commands: readonly Command[]): TreeMessage {
    const { root } = this.#message;
    return { uid, commands, answerTo: this.#answerTo, ...(root === undefined ? {} : { root }) };
  }

  // -- what is sent

  #send(to: Target, uid: number, commands: readonly Command[], options?: MessageOptions): void {
    this.#ctx.send(typeOf(to), idOf(to.instance), this.#messageOf(uid, commands), options);
    this.#sent.push({ to, uid });
  }

  #sendGhost(to: Target, uid: number): void {
    const message = this.#messageOf(uid, [{ do: 'haunt' }]);
    this.#ctx.send(typeOf(to), idOf(to.instance), message, { ifExists: true });
    this.#sent.push({ to, uid, fate: 'dropped' });
  }

  #sendStray(uid: number, instance: number): void {
    this.#ctx.send(NOBODY_TYPE, idOf(instance), this.#messageOf(uid, []));
    this.#sent.push({ to: { async: false, instance }, uid, fate: 'refused' });
  }

  #reply(uid: number, commands: readonly Command[]): void {
    const { caller } = this.#ctx;
    if (caller === undefined || !TREE_TYPES.includes(caller.type)) return;
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
}
