/**
 * What must have come of a number of roots once all is quiet; or, of a cut, what has come of them and what still will.
 * That is the whole model: a tree is gone through once, each command after those that it follows upon.
 */
import { type Command, type Further, nameOf, ofOneInvocation, type Root, type Target } from './command-tree.ts';

/** What one address holds. */
export interface Held {
  readonly count: number;
  readonly tally: number;
  /** In a table, by their keys, and in a list. */
  readonly entries: readonly number[];
  readonly elements: readonly number[];
}

const NOTHING: Held = { count: 0, tally: 0, entries: [], elements: [] };

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
export function lineOf({ count, tally, entries, elements }: Held): string {
  return `${count} ${tally}; ${entries.join(' ')}; ${elements.toSorted((a, b) => a - b).join(' ')}`;
}

export class Model {
  readonly egress: number[] = [];
  /** Per asked root, the answers of which it must have got one; `undefined` among them stands for a failure. */
  readonly answers = new Map<number, (number | undefined)[]>();
  /** What failed and is a dead letter for ever. */
  readonly failed: number[] = [];
  /** How often somebody was told of a failure who had not asked. */
  failureCount = 0;
  /** Every attempt is one. */
  invocationCount = 0;
  readonly #attempts: number;
  readonly #held = new Map<string, { readonly target: Target; readonly held: Held }>();
  /** By instance, how often the nurse there was told of what has failed. */
  readonly #told = new Map<number, number>();

  /** `attempts` are made before it is told that one has failed. */
  constructor(attempts = 1) {
    this.#attempts = attempts;
  }

  add(root: Root): void {
    if (root.asked) this.answers.set(root.uid, []);
    this.#invoke(root.to, undefined, root, root.asked ? root.uid : undefined, root.asked);
  }

  /** A message in flight, or one that somebody will let go on. */
  comes(self: Target, caller: Target | undefined, message: Further): void {
    this.#invoke(self, caller, message, undefined);
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

  toldAt(instance: number): number {
    return this.#told.get(instance) ?? 0;
  }

  tell(instance: number, count = 1): void {
    this.#told.set(instance, this.toldAt(instance) + count);
  }

  /** All that is held and has failed, in an order of its own. */
  lines(): string {
    const nothing = lineOf(NOTHING);
    const lines = [...this.#held].map(([name, { target }]) => [name, this.line(target)] as const);
    const written = lines.filter(([, line]) => line !== nothing).map(([name, line]) => `${name}: ${line}`);
    const told = [...this.#told].filter(([, count]) => count > 0).map((at) => `nurse ${at.join(': ')}`);
    return [...written.toSorted(), ...told.toSorted(), `failed: ${sorted(this.failed).join(' ')}`].join(', ');
  }

  line(target: Target): string {
    const held = this.heldBy(target);
    return lineOf({ ...held, entries: inOrder(held.entries) });
  }

  #invoke(
    self: Target,
    caller: Target | undefined,
    { uid, commands: all }: Further,
    ask?: number,
    asked = false,
  ): void {
    const commands = ofOneInvocation(all);
    const { attempts, reports, fails } = trialsOf(commands, this.#attempts);
    this.invocationCount += attempts;
    if (asked && reports > 0) this.answers.get(ask as number)?.push(undefined);
    if (!asked) this.failureCount += reports;
    if (fails) {
      this.failed.push(uid);
      this.tell(self.instance);
      return;
    }
    // Who was told that it has failed waits for no answer.
    const asker = asked && reports > 0 ? undefined : ask;
    for (const command of commands) {
      this.#write(self, command);
      this.#send(self, caller, command, asker);
    }
  }

  #send(self: Target, caller: Target | undefined, command: Command, ask: number | undefined): void {
    switch (command.do) {
      case 'send':
      case 'later':
        this.#invoke(command.to, self, command, ask);
        return;
      case 'again':
      case 'begin':
      case 'schedule':
      case 'knock':
        this.#invoke(self, self, command, ask);
        return;
      case 'reply':
        if (caller !== undefined) this.#invoke(caller, self, command, ask);
        return;
      case 'egress':
        this.egress.push(command.uid);
        return;
      case 'answer':
        if (ask !== undefined) this.answers.get(ask)?.push(command.uid);
        return;
      case 'stray':
        this.failed.push(command.uid);
        this.failureCount++;
        return;
      default:
    }
  }

  #write(self: Target, command: Command): void {
    const { count, tally, entries, elements } = this.heldBy(self);
    if (command.do === 'increment') this.hold(self, { count: count + 1 });
    else if (command.do === 'tally') this.hold(self, { tally: tally + 1 });
    else if (command.do === 'put') this.hold(self, { entries: [...entries, command.uid] });
    else if (command.do === 'append') this.hold(self, { elements: [...elements, command.uid] });
    else if (command.do === 'take') {
      const isLeft = (uid: number): boolean => uid !== command.uid;
      this.hold(self, { entries: entries.filter(isLeft), elements: elements.filter(isLeft) });
    } else if (command.do === 'delete') this.hold(self, NOTHING);
  }
}

interface Trials {
  /** How often it is tried in all. */
  readonly attempts: number;
  /** How often it is told that the last of so many has failed. */
  readonly reports: number;
  /** Whether it never succeeds. */
  readonly fails: boolean;
}

/** What the commands of one invocation come to that is tried so often, and again whenever it has stumbled to the end. */
function trialsOf(commands: readonly Command[], attemptsMax: number): Trials {
  const failsAt = commands.findIndex((command) => command.do === 'fail');
  const fails = failsAt !== -1;
  const before = fails ? commands.slice(0, failsAt) : commands;
  const stumbles = Math.max(0, ...before.map((command) => (command.do === 'stumble' ? command.times : 0)));
  const rounds = Math.floor(stumbles / attemptsMax);
  return fails
    ? { attempts: (rounds + 1) * attemptsMax, reports: rounds + 1, fails }
    : { attempts: stumbles + 1, reports: rounds, fails };
}

function sorted(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}
