/**
 * Random trees of commands: the smoke test of StateFun, made harder. A message carries commands; a command may send
 * further commands to somebody else, so that one message from outside grows into a tree of invocations. Whatever the
 * engine does in between, the outcome is known beforehand from the tree alone, because all effects commute, or follow
 * upon each other in the tree: see `tree-model.ts`.
 *
 * Beside StateFun's commands there are `later` (a delayed message), `reply` (commands for the caller), `answer` (to whoever
 * asked from outside, however far away that was) and `fail`, which throws after other effects: then nothing of the
 * invocation may remain, and its message is a dead letter for ever. Of the rest of the programming model:
 *
 * - `put`, `append` and `reverse` change a table and a list. What a `take` removes is its own branch's: an invocation
 *   before it has put or appended it. `tally` counts in a value of many versions.
 * - `begin` starts an operation; its commands come with the result, whether that is known or not.
 * - `schedule` sets one that the first message to come cancels, and with that its commands are carried out. Messages that
 *   were on their way by then find that it is over.
 * - `delete` is only for addresses that are thrown away. Each has been thought of by one branch of a tree, so nobody
 *   else writes there, and its timers, the `fuse`s, do nothing, whenever they come. After a deletion there are none: `bare`.
 * - `stumble` throws in so many attempts, and then no more. Whether they are made in a row, from a dead letter that is
 *   sent again, or by an address that is let go on, the rest of the invocation is done once.
 * - `knock` sends to the own address, if it exists, which it does by then; a `ghost` goes to one that does not, and must
 *   be seen by nobody. A `stray` is for a type that nobody has, and so another dead letter.
 * - `misfit` tries what must be refused, with a code, and leave nothing behind.
 */
import type { LatePolicy } from '../../src/index.ts';

/** One instance under test: which of the two functions, and its number. */
export interface Target {
  readonly async: boolean;
  readonly instance: number;
}

/** Commands that another invocation carries out. */
export interface Further {
  readonly uid: number;
  readonly commands: readonly Command[];
}

export type Command =
  | {
      readonly do:
        | 'increment'
        | 'fail'
        | 'reverse'
        | 'walk'
        | 'fade'
        | 'delete'
        | 'bare'
        | 'tally'
        | 'misfit'
        | 'haunt';
    }
  | { readonly do: 'egress' | 'answer' | 'put' | 'append' | 'take' | 'cancel'; readonly uid: number }
  | { readonly do: 'async'; readonly commands: readonly Command[] }
  | ({ readonly do: 'reply' | 'again' | 'knock' } & Further)
  | ({ readonly do: 'send'; readonly to: Target } & Further)
  | ({ readonly do: 'later'; readonly delayMs: number; readonly to: Target } & Further)
  | ({ readonly do: 'begin'; readonly ends: 'value' | 'error' | 'function' } & Further)
  | ({ readonly do: 'schedule'; readonly cron: string; readonly late: LatePolicy } & Further)
  /** Without a delay it is a schedule. */
  | { readonly do: 'fuse'; readonly uid: number; readonly delayMs?: number }
  | { readonly do: 'stumble'; readonly times: number }
  /** Without a target it is for the own address, which has been deleted. */
  | { readonly do: 'ghost'; readonly uid: number; readonly to?: Target }
  | { readonly do: 'stray'; readonly uid: number; readonly instance: number };

/** What enters from outside. `asked` roots are asked, the others sent. */
export interface Root extends Further {
  readonly to: Target;
  readonly asked: boolean;
  /** Whether it brings a trace along, which then all belongs to that comes of it. */
  readonly traced: boolean;
}

/** All commands of one invocation: what it does later, after an await, is still part of it. */
export function ofOneInvocation(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) => (command.do === 'async' ? ofOneInvocation(command.commands) : [command]));
}

export function nameOf({ async, instance }: Target): string {
  return `${async ? 'async' : 'plain'} ${instance}`;
}
