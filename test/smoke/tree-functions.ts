/**
 * The functions that carry out command trees (`command-tree.ts`), for any engine: two types with one interpreter, one of
 * them declared `async`, the other asynchronous only when it meets an `async` command, so that every way of running an
 * invocation is taken. Time and an observer come from outside, because the simulation has its own of both.
 */
import {
  type Address,
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  type Egress,
  type Module,
  type StatefulFunction,
  value,
  type ValueSpec,
} from '../../src/index.ts';
import type { Command, Target } from './command-tree.ts';

export interface TreeMessage {
  readonly uid: number;
  readonly commands: readonly Command[];
  /** Whoever asked from outside for this tree to be carried out. */
  readonly answerTo?: Address | undefined;
}

/** Asks an instance for its count. */
export const VERIFY = 'verify';

export type TreeState = { readonly count: ValueSpec<number> };
type TreeContext = Context<TreeState, TreeMessage | number>;

/** What an invocation sends, for an observer; `to` is undefined for what leaves the shards. */
export interface Sent {
  readonly to: Target | undefined;
  readonly uid: number;
}

export interface TreeWorld {
  /** What an `async` command waits for. */
  pause(): Promise<void>;
  began?(self: Target, caller: Address | undefined, uid: number): void;
  /** Called when an invocation is about to return; `sent` is undefined if it throws instead. */
  ended?(self: Target, sent: readonly Sent[] | undefined): void;
}

export const PLAIN_TYPE = 'smoke/plain';
export const ASYNC_TYPE = 'smoke/async';
export const RESULTS_TYPE = 'smoke/results';

/** Ids of all kinds: ASCII, and of two, three and four bytes a character. */
export function idOf(instance: number): string {
  return `${['', 'é', '号', '🐎'][instance % 4]}${instance}`;
}

export function typeOf({ async }: Target): string {
  return async ? ASYNC_TYPE : PLAIN_TYPE;
}

export function targetOf({ type, id }: Address): Target {
  return { async: type === ASYNC_TYPE, instance: Number(id.replace(/^\D+/u, '')) };
}

type TreeFunction = StatefulFunction<TreeMessage | typeof VERIFY, TreeMessage | number, TreeState>;

export interface TreeModule extends Module {
  readonly plain: TreeFunction;
  readonly async: TreeFunction;
  readonly results: Egress<number>;
}

export function treeModule(world: TreeWorld): TreeModule {
  const results = defineEgress<number>({ type: RESULTS_TYPE });
  const plain = defineFunction({
    type: PLAIN_TYPE,
    state: { count: value({ initial: 0 }) },
    invoke: (ctx: TreeContext, message: TreeMessage | typeof VERIFY) =>
      message === VERIFY ? ctx.reply(ctx.state.count) : new Interpreter(world, ctx, message).run(),
  });
  const async = defineFunction({
    type: ASYNC_TYPE,
    state: { count: value({ initial: 0 }) },
    async invoke(ctx: TreeContext, message: TreeMessage | typeof VERIFY) {
      if (message === VERIFY) ctx.reply(ctx.state.count);
      else await new Interpreter(world, ctx, message).run();
    },
  });
  return { ...defineModule({ functions: [plain, async], egresses: [results] }), plain, async, results };
}

class Interpreter {
  readonly #world: TreeWorld;
  readonly #ctx: TreeContext;
  readonly #self: Target;
  readonly #answerTo: Address | undefined;
  readonly #commands: readonly Command[];
  readonly #sent: Sent[] = [];

  constructor(world: TreeWorld, ctx: TreeContext, { uid, commands, answerTo }: TreeMessage) {
    const { caller } = ctx;
    this.#world = world;
    this.#ctx = ctx;
    this.#self = targetOf(ctx.self);
    this.#answerTo = caller?.type === 'millrace/asker' ? caller : answerTo;
    this.#commands = commands;
    world.began?.(this.#self, caller, uid);
  }

  /** One invocation. Synchronous until the first `async` command. */
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
      const command = commands[index];
      if (command.do === 'async') return this.#runLater(command.commands, commands, index + 1);
      this.#perform(command);
    }
  }

  async #runLater(now: readonly Command[], then: readonly Command[], first: number): Promise<void> {
    await this.#world.pause();
    await this.#runFrom(now, 0);
    await this.#runFrom(then, first);
  }

  #perform(command: Exclude<Command, { do: 'async' }>): void {
    const ctx = this.#ctx;
    const answerTo = this.#answerTo;
    switch (command.do) {
      case 'increment':
        ctx.state.count = ctx.state.count + 1;
        return;
      case 'fail':
        throw new Error('as ordered');
      case 'egress':
        ctx.egress(RESULTS_TYPE, command.uid);
        this.#sent.push({ to: undefined, uid: command.uid });
        return;
      case 'answer':
        if (answerTo === undefined) return;
        ctx.send(answerTo.type, answerTo.id, command.uid);
        this.#sent.push({ to: undefined, uid: command.uid });
        return;
      case 'reply': {
        const { caller } = ctx;
        if (caller === undefined || caller.type === 'millrace/asker') return;
        ctx.reply({ uid: command.uid, commands: command.commands, answerTo });
        this.#sent.push({ to: targetOf(caller), uid: command.uid });
        return;
      }
      case 'later':
        ctx.sendAfter(command.delayMs, typeOf(command.to), idOf(command.to.instance), {
          uid: command.uid,
          commands: command.commands,
          answerTo,
        });
        return;
      case 'send':
        ctx.send(typeOf(command.to), idOf(command.to.instance), {
          uid: command.uid,
          commands: command.commands,
          answerTo,
        });
        this.#sent.push({ to: command.to, uid: command.uid });
    }
  }
}
