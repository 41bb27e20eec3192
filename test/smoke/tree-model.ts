/**
 * What must have come of a number of roots once all is quiet; or, of a cut, what has come of them and what still will.
 * That is the whole model: a tree is gone through once, each command after those that it follows upon.
 */
import { type Command, nameOf, ofOneInvocation, type Root, type Target } from './command-tree.ts';

/** What one address holds. */
export interface Held {
  readonly count: number;
  /** In a table, by their keys, and in a list. */
  readonly entries: readonly number[];
  readonly elements: readonly number[];
}

const NOTHING: Held = { count: 0, entries: [], elements: [] };

/** The key of an entry: of one to four bytes a character, so that code points and UTF-16 have different orders. */
export function keyOf(uid: number): string {
  return `${['', 'é', '\uffee', '🐎'][uid % 4]}${uid}`;
}

/** As a table has them. */
export function inOrder(uids: readonly number[]): number[] {
  const bytes = (uid: number): Buffer => Buffer.from(keyOf(uid));
  return uids.toSorted((one, other) => Buffer.compare(bytes(one), bytes(other)));
}

/** In a list the order is that in which concurrent messages came, which nobody knows. */
export function lineOf({ count, entries, elements }: Held): string {
  return `${count}; ${entries.join(' ')}; ${elements.toSorted((a, b) => a - b).join(' ')}`;
}

export class Model {
  readonly egress: number[] = [];
  /** Per asked root, the answers of which it must have got one; `undefined` among them stands for a failure. */
  readonly answers = new Map<number, (number | undefined)[]>();
  failureCount = 0;
  invocationCount = 0;
  readonly #held = new Map<string, { readonly target: Target; readonly held: Held }>();

  add(root: Root): void {
    if (root.asked) this.answers.set(root.uid, []);
    this.#invoke(root.to, undefined, root.commands, root.asked ? root.uid : undefined, root.asked);
  }

  /** A message in flight. */
  comes(self: Target, caller: Target | undefined, commands: readonly Command[]): void {
    this.#invoke(self, caller, commands, undefined);
  }

  heldBy(target: Target): Held {
    return this.#held.get(nameOf(target))?.held ?? NOTHING;
  }

  hold(target: Target, held: Partial<Held>): void {
    this.#held.set(nameOf(target), { target, held: { ...this.heldBy(target), ...held } });
  }

  targets(): Target[] {
    return [...this.#held.values()].map(({ target }) => target);
  }

  /** All that is held, in an order of its own. */
  lines(): string {
    const nothing = lineOf(NOTHING);
    const lines = [...this.#held].map(([name, { target }]) => [name, this.line(target)] as const);
    const written = lines.filter(([, line]) => line !== nothing).map(([name, line]) => `${name}: ${line}`);
    return written.toSorted().join(', ');
  }

  line(target: Target): string {
    const held = this.heldBy(target);
    return lineOf({ ...held, entries: inOrder(held.entries) });
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
      this.#write(self, command);
      if (command.do === 'send' || command.do === 'later') this.#invoke(command.to, self, command.commands, ask);
      else if (command.do === 'again' || command.do === 'begin' || command.do === 'schedule') {
        this.#invoke(self, self, command.commands, ask);
      } else if (command.do === 'reply' && caller !== undefined) this.#invoke(caller, self, command.commands, ask);
      else if (command.do === 'egress') this.egress.push(command.uid);
      else if (command.do === 'answer' && ask !== undefined) this.answers.get(ask)?.push(command.uid);
    }
  }

  #write(self: Target, command: Command): void {
    const { count, entries, elements } = this.heldBy(self);
    if (command.do === 'increment') this.hold(self, { count: count + 1 });
    else if (command.do === 'put') this.hold(self, { entries: [...entries, command.uid] });
    else if (command.do === 'append') this.hold(self, { elements: [...elements, command.uid] });
    else if (command.do === 'take') {
      const isLeft = (uid: number): boolean => uid !== command.uid;
      this.hold(self, { entries: entries.filter(isLeft), elements: elements.filter(isLeft) });
    } else if (command.do === 'delete') this.hold(self, NOTHING);
  }
}
