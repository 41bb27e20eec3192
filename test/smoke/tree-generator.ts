/**
 * Draws command trees from a seed: which commands there are, how many, and what belongs to what, so that the outcome of a
 * tree does not depend on the order in which its branches are carried out.
 */
import type { Prng } from '../../src/base/prng.ts';
import { type Command, type Further, ofOneInvocation, type Root, type Target } from './command-tree.ts';
import type { TreeOptions } from './tree-options.ts';

/** Addresses from here on are thrown away. */
const THROWN_AWAY_FROM = 1_000_000;
const LATE_POLICIES = ['latest', 'latest', 'skip'] as const;

export class TreeGenerator {
  /** Addresses that the trees throw away. */
  throwAwayCount = 0;
  readonly #prng: Prng;
  readonly #options: TreeOptions;
  readonly #kinds: readonly (readonly [weight: number, make: (depth: number) => Command[]])[];
  #uid: number;

  /** Its trees have numbers from `firstUid` on. */
  constructor(prng: Prng, options: TreeOptions, firstUid = 0) {
    this.#uid = firstUid;
    this.#prng = prng;
    this.#options = options;
    this.#kinds = this.#kindsOf(options);
  }

  root(): Root {
    const uid = this.#uid++;
    const asked = this.#prng.chance(this.#options.askPr);
    const commands = this.#commands(this.#prng.below(this.#options.commandDepth));
    // Whoever asks gets an answer: from somewhere in the tree perhaps, from the root at the latest.
    const asks = asked && !ofOneInvocation(commands).some((command) => command.do === 'answer');
    if (asks) commands.push({ do: 'answer', uid: this.#uid++ });
    const traced = this.#options.tracedPr > 0 && this.#prng.chance(this.#options.tracedPr);
    return { to: this.#target(), asked, traced, uid, commands };
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

  #further(depth: number): Further {
    return { uid: this.#uid++, commands: this.#commands(depth - 1) };
  }

  /** Soon, or so far away that the store must give the timer back. */
  #delay(): { readonly delayMs: number } {
    return { delayMs: this.#prng.below(this.#prng.chance(0.5) ? 50 : 100_000) };
  }

  #kindsOf(o: TreeOptions): readonly (readonly [weight: number, make: (depth: number) => Command[]])[] {
    return [
      [o.stateModificationsPr, () => [{ do: 'increment' }]],
      [o.sendPr, (depth) => [{ do: 'send', to: this.#target(), ...this.#further(depth) }]],
      [o.sendAfterPr, (depth) => [{ do: 'later', ...this.#delay(), to: this.#target(), ...this.#further(depth) }]],
      [o.asyncSendPr, (depth) => [{ do: 'async', commands: this.#commands(depth - 1) }]],
      [o.noopPr, () => []],
      [o.sendEgressPr, () => [{ do: 'egress', uid: this.#uid++ }]],
      [o.replyPr, (depth) => [{ do: 'reply', ...this.#further(depth) }]],
      [o.answerPr, () => [{ do: 'answer', uid: this.#uid++ }]],
      [o.failPr, () => [{ do: 'fail' }]],
      [o.tablePr, (depth) => this.#keep('put', depth)],
      [o.listPr, (depth) => (this.#prng.chance(0.2) ? [{ do: 'reverse' }] : this.#keep('append', depth))],
      [o.walkPr, (depth) => [...this.#keep('put', depth), { do: 'walk' }]],
      [o.fadePr, () => [{ do: 'fade' }]],
      [o.againPr, (depth) => [{ do: 'again', ...this.#further(depth) }]],
      [o.operationPr, (depth) => [this.#operation(this.#commands(depth - 1))]],
      [o.schedulePr, (depth) => [this.#schedule(depth)]],
      [o.throwAwayPr, (depth) => [this.#throwAway(depth)]],
      [o.tallyPr, () => [{ do: 'tally' }]],
      [o.stumblePr, () => [{ do: 'stumble', times: 1 + this.#prng.below(2 * o.attempts) }]],
      // Who has counted exists from then on.
      [o.knockPr, (depth) => [{ do: 'increment' }, { do: 'knock', ...this.#further(depth) }]],
      [o.ghostPr, () => [{ do: 'ghost', uid: this.#uid++, to: this.#nobody() }]],
      [o.strayPr, () => [{ do: 'stray', uid: this.#uid++, instance: this.#target().instance }]],
      [o.misfitPr, () => [{ do: 'misfit' }]],
    ];
  }

  /** One command of a kind drawn by weight with what belongs to it, or none. */
  #command(depth: number): Command[] {
    const sum = this.#kinds.reduce((weights, [weight]) => weights + weight, 0);
    let draw = (this.#prng.below(1 << 24) / (1 << 24)) * sum;
    for (const [weight, make] of this.#kinds) {
      draw -= weight;
      if (draw < 0) return make(depth);
    }
    return [];
  }

  /** Something that is kept, or that a later invocation takes away again. */
  #keep(what: 'put' | 'append', depth: number): Command[] {
    const uid = this.#uid++;
    const kept: Command = { do: what, uid };
    if (this.#prng.chance(0.6)) return [kept];
    return [kept, this.#again([{ do: 'take', uid }, ...this.#commands(depth - 1)])];
  }

  #operation(commands: readonly Command[]): Command {
    const ends = this.#prng.pick(['value', 'error', 'function'] as const);
    return { do: 'begin', uid: this.#uid++, ends, commands };
  }

  /** Its own message must not fail, or it would come again and again; what does come of it, others see at the egress. */
  #schedule(depth: number): Command {
    const [uid, record] = [this.#uid++, this.#uid++];
    const commands: Command[] = [{ do: 'egress', uid: record }, this.#again(this.#commands(depth - 1))];
    if (this.#options.isPatient && this.#prng.chance(0.3)) {
      return { do: 'schedule', uid, cron: '* * * * *', late: 'all', commands };
    }
    return { do: 'schedule', uid, cron: '* * * * * *', late: this.#prng.pick(LATE_POLICIES), commands };
  }

  /** An address writes, sets timers, is deleted, and goes on as if it were new; perhaps with a timer. */
  #throwAway(depth: number): Command {
    this.throwAwayCount++;
    const to = this.#nobody();
    const isBare = this.#prng.chance(0.7);
    const before = [...this.#plainly(), ...this.#fuses()];
    const after = [...this.#plainly(), ...(isBare ? [] : [this.#schedule(depth)])];
    const last = [...(isBare ? [{ do: 'bare' } as const] : []), ...this.#commands(depth - 1)];
    // Nothing is written there since, so who is only for those who exist does not come.
    const haunts = after.length === 0 && this.#options.ghostPr > 0;
    const ghosts = haunts ? [{ do: 'ghost', uid: this.#uid++ } as const] : [];
    const second = [...this.#plainly(), { do: 'delete' } as const, ...after, ...ghosts, this.#again(last)];
    return { do: 'send', to, uid: this.#uid++, commands: [...before, this.#again(second)] };
  }

  /** Where nobody has ever been. */
  #nobody(): Target {
    return { async: this.#prng.chance(0.25), instance: THROWN_AWAY_FROM + this.#uid++ };
  }

  #again(commands: readonly Command[]): Command {
    return { do: 'again', uid: this.#uid++, commands };
  }

  /** Some commands that write, and concern nobody else. */
  #plainly(): Command[] {
    return Array.from({ length: this.#prng.below(4) }, (): Command => {
      const uid = this.#uid++;
      return this.#prng.pick<Command>([
        { do: 'increment' },
        { do: 'reverse' },
        { do: 'put', uid },
        { do: 'append', uid },
        this.#operation([{ do: 'egress', uid }]),
      ]);
    });
  }

  #fuses(): Command[] {
    return Array.from({ length: this.#prng.below(3) }, (): Command[] => {
      const uid = this.#uid++;
      const fuse: Command = { do: 'fuse', uid, ...(this.#prng.chance(0.8) ? this.#delay() : {}) };
      return this.#prng.chance(0.4) ? [fuse, { do: 'cancel', uid }] : [fuse];
    }).flat();
  }
}
