/**
 * The commands of StateFun's smoke test: what they are, their bytes, how they are drawn, and what must come of them. What
 * is drawn for a number follows from the seed and that number alone, so whoever reads again from a position gets the same.
 *
 * Two things are harder than in StateFun's own test: what is cancelled would count if it were delivered, and some of it
 * is cancelled by a later message instead of in the same invocation.
 */
import { Prng } from '../../../src/base/prng.ts';
import { block, integer } from '../../interop/wire.ts';

export type Command =
  | { readonly kind: 'increment' }
  | { readonly kind: 'egress' }
  | { readonly kind: 'send'; readonly target: number; readonly commands: readonly Command[] }
  | {
      readonly kind: 'send-after';
      readonly target: number;
      readonly commands: readonly Command[];
      /** Empty: delivered after a millisecond. Otherwise it is there to be cancelled. */
      readonly token: string;
    }
  | { readonly kind: 'async'; readonly failure: boolean; readonly commands: readonly Command[] }
  | { readonly kind: 'verify'; readonly expected: number }
  | { readonly kind: 'cancel'; readonly target: number; readonly token: string };

export interface SourceCommand {
  readonly target: number;
  readonly commands: readonly Command[];
}

/** Names and defaults are those of StateFun's test. */
export interface CommandOptions {
  readonly numberOfFunctionInstances: number;
  readonly commandDepth: number;
  readonly maxCommandsPerDepth: number;
  readonly stateModificationsPr: number;
  readonly sendPr: number;
  readonly sendAfterPr: number;
  readonly sendAfterWithCancellationPr: number;
  readonly asyncSendPr: number;
  readonly noopPr: number;
  readonly sendEgressPr: number;
}

export const COMMAND_OPTIONS: CommandOptions = {
  numberOfFunctionInstances: 128,
  commandDepth: 10,
  maxCommandsPerDepth: 3,
  stateModificationsPr: 0.4,
  sendPr: 0.9,
  sendAfterPr: 0.1,
  sendAfterWithCancellationPr: 0.1,
  asyncSendPr: 0.1,
  noopPr: 0.2,
  sendEgressPr: 0.03,
};

/** Counts up to this are one increment of a message that must never be delivered. */
const UNWANTED: readonly Command[] = [{ kind: 'increment' }];

/** The command of this number. */
export function sourceCommand(options: CommandOptions, seed: number, number: number): SourceCommand {
  const drawing = new Drawing(options, new Prng((seed * 1_000_003 + number) >>> 0), `${number}`);
  const target = drawing.target();
  return { target, commands: drawing.commands(drawing.depth(), target) };
}

class Drawing {
  readonly #options: CommandOptions;
  readonly #prng: Prng;
  readonly #name: string;
  #tokenCount = 0;

  constructor(options: CommandOptions, prng: Prng, name: string) {
    this.#options = options;
    this.#prng = prng;
    this.#name = name;
  }

  target(): number {
    return this.#prng.below(this.#options.numberOfFunctionInstances);
  }

  depth(): number {
    return this.#prng.below(this.#options.commandDepth);
  }

  /** Commands that `self` gets in one message. */
  commands(depth: number, self: number): readonly Command[] {
    const commands: Command[] = [];
    if (depth > 0) {
      const count = this.#prng.below(this.#options.maxCommandsPerDepth);
      for (let index = 0; index < count; index++) commands.push(...this.#draw(depth, self));
    }
    return commands.length > 0 ? commands : [{ kind: 'increment' }];
  }

  #draw(depth: number, self: number): readonly Command[] {
    const o = this.#options;
    const target = this.target();
    const kinds: readonly [weight: number, make: () => readonly Command[]][] = [
      [o.stateModificationsPr, () => [{ kind: 'increment' }]],
      [o.sendPr, () => [{ kind: 'send', target, commands: this.commands(depth - 1, target) }]],
      [o.sendAfterPr, () => [{ kind: 'send-after', target, commands: this.commands(depth - 1, target), token: '' }]],
      [o.sendAfterWithCancellationPr, () => this.#cancelled(target, self)],
      [
        o.asyncSendPr,
        () => [{ kind: 'async', failure: this.#prng.chance(0.5), commands: this.commands(depth - 1, self) }],
      ],
      [o.noopPr, () => []],
      [o.sendEgressPr, () => [{ kind: 'egress' }]],
    ];
    let draw = (this.#prng.below(1 << 24) / (1 << 24)) * kinds.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of kinds) {
      draw -= weight;
      if (draw < 0) return make();
    }
    return [];
  }

  /** A message that is sent later, and its cancellation: at once, or by a message of its sender to itself. */
  #cancelled(target: number, self: number): readonly Command[] {
    const token = `${this.#name}-${this.#tokenCount++}`;
    const later: Command = { kind: 'send-after', target, commands: UNWANTED, token };
    const cancel: Command = { kind: 'cancel', target, token };
    return [later, this.#prng.chance(0.5) ? cancel : { kind: 'send', target: self, commands: [cancel] }];
  }
}

/** What must have come of commands once all is quiet. */
export class Oracle {
  readonly counts: number[];
  /** Which instances have sent something that comes later, delivered or cancelled. */
  readonly delayers = new Set<number>();
  egressCount = 0;
  messageCount = 0;

  constructor(instances: number) {
    this.counts = Array.from({ length: instances }, () => 0);
  }

  add(command: SourceCommand): void {
    this.messageCount++;
    this.#addAll(command.target, command.commands);
  }

  #addAll(self: number, commands: readonly Command[]): void {
    for (const command of commands) {
      if (command.kind === 'send-after') this.delayers.add(self);
      if (command.kind === 'increment') this.counts[self] = (this.counts[self] ?? 0) + 1;
      else if (command.kind === 'egress') this.egressCount++;
      else if (command.kind === 'async') this.#addAll(self, command.commands);
      else if (command.kind === 'send' || (command.kind === 'send-after' && command.token === '')) {
        this.messageCount++;
        this.#addAll(command.target, command.commands);
      }
    }
  }
}

const NUMBERS = { increment: 1, send: 2, 'send-after': 3, egress: 4, async: 5, verify: 6, cancel: 7 };

/** `SourceCommand` in protobuf; the picture is in test/interop/programs/README.md. */
export function encodeSourceCommand({ target, commands }: SourceCommand): Uint8Array {
  return Uint8Array.from([...integer(1, target), ...block(2, encodeCommands(commands))]);
}

export function encodeCommands(commands: readonly Command[]): number[] {
  return commands.flatMap((command) => block(1, block(NUMBERS[command.kind], encodeBody(command))));
}

function encodeBody(command: Command): number[] {
  if (command.kind === 'increment' || command.kind === 'egress') return [];
  if (command.kind === 'verify') return integer(1, command.expected);
  if (command.kind === 'cancel') return [...integer(1, command.target), ...block(2, command.token)];
  if (command.kind === 'async')
    return [...integer(1, command.failure ? 1 : 0), ...block(2, encodeCommands(command.commands))];
  const onward = [...integer(1, command.target), ...block(2, encodeCommands(command.commands))];
  return command.kind === 'send' || command.token === '' ? onward : [...onward, ...block(3, command.token)];
}
