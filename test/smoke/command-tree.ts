/**
 * Random trees of commands, and what must come of them: the smoke test of StateFun, made harder. A message carries
 * commands; a command may send further commands to somebody else, so that one message from outside grows into a tree of
 * invocations. Whatever the engine does in between, the outcome is known beforehand from the tree alone, because all
 * effects commute: that is the model, and it is a dozen lines long.
 *
 * Beside StateFun's commands there are `later` (a delayed message), `reply` (commands for the caller), `answer` (to whoever asked from outside, however
 * far away that was) and `fail`, which throws after other effects: then nothing of the invocation may remain.
 */
import type { Prng } from '../../src/base/prng.ts';

export type Command =
  | { readonly do: 'increment' | 'fail' }
  | { readonly do: 'egress' | 'answer'; readonly uid: number }
  | { readonly do: 'send'; readonly to: Target; readonly uid: number; readonly commands: readonly Command[] }
  | {
      readonly do: 'later';
      readonly delayMs: number;
      readonly to: Target;
      readonly uid: number;
      readonly commands: readonly Command[];
    }
  | { readonly do: 'reply'; readonly uid: number; readonly commands: readonly Command[] }
  | { readonly do: 'async'; readonly commands: readonly Command[] };

/** One instance under test: which of the two functions, and its number. */
export interface Target {
  readonly async: boolean;
  readonly instance: number;
}

/** What enters from outside. `asked` roots are asked, the others sent. */
export interface Root {
  readonly to: Target;
  readonly asked: boolean;
  readonly uid: number;
  readonly commands: readonly Command[];
}

/** The names and defaults of the first ones are those of StateFun's smoke test. */
export interface TreeOptions {
  readonly numberOfFunctionInstances: number;
  readonly commandDepth: number;
  readonly maxCommandsPerDepth: number;
  readonly stateModificationsPr: number;
  readonly sendPr: number;
  /** With a delay. Where the order of messages is observed there must be none. */
  readonly sendAfterPr: number;
  readonly asyncSendPr: number;
  readonly noopPr: number;
  readonly sendEgressPr: number;
  readonly replyPr: number;
  readonly answerPr: number;
  readonly failPr: number;
  /** How many of the roots are asked instead of sent. */
  readonly askPr: number;
}

export const SMOKE_OPTIONS: TreeOptions = {
  numberOfFunctionInstances: 128,
  commandDepth: 10,
  maxCommandsPerDepth: 3,
  stateModificationsPr: 0.4,
  sendPr: 0.9,
  sendAfterPr: 0,
  asyncSendPr: 0.1,
  noopPr: 0.2,
  sendEgressPr: 0.03,
  replyPr: 0.1,
  answerPr: 0.05,
  failPr: 0.03,
  askPr: 0.1,
};

export class TreeGenerator {
  readonly #prng: Prng;
  readonly #options: TreeOptions;
  #uid = 0;

  constructor(prng: Prng, options: TreeOptions) {
    this.#prng = prng;
    this.#options = options;
  }

  root(): Root {
    const uid = this.#uid++;
    const asked = this.#prng.chance(this.#options.askPr);
    const commands = this.#commands(this.#prng.below(this.#options.commandDepth));
    // Whoever asks gets an answer: from somewhere in the tree perhaps, from the root at the latest.
    const asks = asked && !ofOneInvocation(commands).some((command) => command.do === 'answer');
    if (asks) commands.push({ do: 'answer', uid: this.#uid++ });
    return { to: this.#target(), asked, uid, commands };
  }

  #target(): Target {
    return { async: this.#prng.chance(0.25), instance: this.#prng.below(this.#options.numberOfFunctionInstances) };
  }

  #commands(depth: number): Command[] {
    const commands: Command[] = [];
    if (depth > 0) {
      const count = this.#prng.below(this.#options.maxCommandsPerDepth);
      for (let index = 0; index < count; index++) commands.push(...this.#command(depth));
    }
    return commands.length > 0 ? commands : [{ do: 'increment' }];
  }

  /** Soon, or so far away that the store must give the timer back. */
  #delay(): { readonly delayMs: number } {
    return { delayMs: this.#prng.below(this.#prng.chance(0.5) ? 50 : 100_000) };
  }

  /** One command of a kind drawn by weight, or none. */
  #command(depth: number): Command[] {
    const o = this.#options;
    const uid = this.#uid++;
    const kinds: readonly [weight: number, make: () => Command[]][] = [
      [o.stateModificationsPr, () => [{ do: 'increment' }]],
      [o.sendPr, () => [{ do: 'send', uid, to: this.#target(), commands: this.#commands(depth - 1) }]],
      [
        o.sendAfterPr,
        () => [{ do: 'later', uid, ...this.#delay(), to: this.#target(), commands: this.#commands(depth - 1) }],
      ],
      [o.asyncSendPr, () => [{ do: 'async', commands: this.#commands(depth - 1) }]],
      [o.noopPr, () => []],
      [o.sendEgressPr, () => [{ do: 'egress', uid }]],
      [o.replyPr, () => [{ do: 'reply', uid, commands: this.#commands(depth - 1) }]],
      [o.answerPr, () => [{ do: 'answer', uid }]],
      [o.failPr, () => [{ do: 'fail' }]],
    ];
    let draw = (this.#prng.below(1 << 24) / (1 << 24)) * kinds.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of kinds) {
      draw -= weight;
      if (draw < 0) return make();
    }
    return [];
  }
}

/** All commands of one invocation: what it does later, after an await, is still part of it. */
export function ofOneInvocation(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) => (command.do === 'async' ? ofOneInvocation(command.commands) : [command]));
}

export function nameOf({ async, instance }: Target): string {
  return `${async ? 'async' : 'plain'} ${instance}`;
}

/** What must have come of a number of roots, once all is quiet. */
export class Model {
  readonly counts = new Map<string, number>();
  readonly egress: number[] = [];
  /** Per asked root, the answers of which it must have got one; `undefined` among them stands for a failure. */
  readonly answers = new Map<number, (number | undefined)[]>();
  failureCount = 0;
  invocationCount = 0;

  add(root: Root): void {
    if (root.asked) this.answers.set(root.uid, []);
    this.#invoke(root.to, undefined, root.commands, root.asked ? root.uid : undefined, root.asked);
  }

  #invoke(
    self: Target,
    caller: Target | undefined,
    all: readonly Command[],
    ask: number | undefined,
    asked = false,
  ): void {
    const commands = ofOneInvocation(all);
    this.invocationCount++;
    if (commands.some((command) => command.do === 'fail')) {
      if (asked) this.answers.get(ask as number)?.push(undefined);
      else this.failureCount++;
      return;
    }
    for (const command of commands) {
      if (command.do === 'increment') this.counts.set(nameOf(self), (this.counts.get(nameOf(self)) ?? 0) + 1);
      else if (command.do === 'send' || command.do === 'later') this.#invoke(command.to, self, command.commands, ask);
      else if (command.do === 'reply' && caller !== undefined) this.#invoke(caller, self, command.commands, ask);
      else if (command.do === 'egress') this.egress.push(command.uid);
      else if (command.do === 'answer' && ask !== undefined) this.answers.get(ask)?.push(command.uid);
    }
  }
}
