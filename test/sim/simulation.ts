/**
 * One simulated run: random command trees on the whole engine, on one thread, in a random order that the seed decides.
 * Shards, coordinator, client, egress consumer and clock take steps when the dice say so; now and then some of them are
 * held up for a while, as threads are. After every step the engine is checked against the journal, and in the end
 * against the model.
 */
import { Prng } from '../../src/base/prng.ts';
import type { Asker } from '../../src/engine/askers.ts';
import { hashId } from '../../src/keys/id-hash.ts';
import { shardOfHash } from '../../src/keys/key-group.ts';
import type { MillraceError } from '../../src/index.ts';
import { SimulatedClock, SingleThreadEngine } from '../../src/testing/single-thread.ts';
import { KIND_EGRESS, KIND_FAILURE, KIND_MESSAGE, KIND_REQUEST } from '../../src/wire/envelope-layout.ts';
import { bareValue } from '../../src/state/kept-value.ts';
import { EnvelopeReader } from '../../src/wire/envelope-reader.ts';
import { PayloadCodec } from '../../src/wire/payload-codec.ts';
import { PLAIN } from '../../src/wire/structured-data.ts';
import { Attempts } from '../smoke/attempts.ts';
import { nameOf, type Root, type Target } from '../smoke/command-tree.ts';
import { treeModule } from '../smoke/tree-functions.ts';
import { TreeGenerator } from '../smoke/tree-generator.ts';
import type { TreeWorld } from '../smoke/tree-interpreter.ts';
import { idOf, messageOf, NURSE_TYPE, optionsOf, targetOf, typeOf } from '../smoke/tree-messages.ts';
import { Model } from '../smoke/tree-model.ts';
import { traitsOf } from '../smoke/tree-states.ts';
import { check } from '../../src/testing/violation.ts';
import { Journal, OUTSIDE } from './journal.ts';
import { Mender } from './mender.ts';
import { withPortableStacks } from './portable-stacks.ts';
import { type Setting, settingOf } from './setting.ts';
import { isExpectedFailure, readFailed, readHeld } from './tree-state.ts';

/** Steps after which the scheduler holds up others. */
const PHASE_STEPS_MAX = 60;
/** So many steps without any work mean that nothing will ever move again. */
const STUCK_STEPS = 5_000;
/**
 * Waiting lines: how much more than they may they take before somebody looks again, how long the chunks of a long line
 * become, and how many functions there are whose instances have lines.
 */
const LINE_PATIENCE = 1.25;
const LINE_CHUNK_BYTES = 1 << 14;
const FUNCTIONS = 2;
/** More than the head of an envelope, its ids, the address of an asker and a trace take. */
const ADDRESS_BYTES_MAX = 512;
/** More than a failure takes, with its stack. */
const FAILURE_BYTES_MAX = 4_096;

export interface Outcome {
  readonly hash: string;
  readonly stepCount: number;
  readonly invocationCount: number;
  readonly spilledBlockCount: number;
}

export async function simulate(seed: number, pins: Readonly<Record<string, number>> = {}): Promise<Outcome> {
  return await withPortableStacks(() => new Simulation(seed, settingOf(seed, pins)).run());
}

class Simulation {
  readonly #prng: Prng;
  readonly #setting: Setting;
  readonly #clock = new SimulatedClock();
  readonly #engine: SingleThreadEngine;
  readonly #journal: Journal;
  readonly #model: Model;
  readonly #mender: Mender;
  readonly #roots: Root[];
  readonly #answered = new Map<number, (number | undefined)[]>();
  readonly #taken: number[] = [];
  #failureCount = 0;
  #violation: string | undefined;
  #waitingCount = 0;
  readonly #fedCounts: number[];
  readonly #orderCounts: number[];
  readonly #longestBytes: number;
  readonly #instanceCount: number;
  #weights: number[] = [];
  #phaseSteps = 0;

  constructor(seed: number, setting: Setting) {
    // Not the generator that drew the setting, so that pinning a part of it leaves the rest as it was.
    this.#prng = new Prng(seed * 2 + 1);
    this.#setting = setting;
    this.#journal = new Journal((target) => this.#shardOf(target), setting.trees);
    this.#model = new Model(setting.trees.attempts);
    this.#mender = new Mender(this.#prng, this.#clock, { parks: setting.trees.parks, edits: false });
    const generator = new TreeGenerator(this.#prng, setting.trees);
    this.#roots = Array.from({ length: setting.rootCount }, () => generator.root());
    this.#instanceCount = setting.trees.numberOfFunctionInstances + generator.throwAwayCount;
    const longest = Math.max(...this.#roots.map(encodedBytes)) + ADDRESS_BYTES_MAX;
    this.#longestBytes =
      setting.trees.failPr + setting.trees.stumblePr > 0 ? Math.max(longest, FAILURE_BYTES_MAX) : longest;
    const module = treeModule(this.#world(), traitsOf(setting.trees, 2, this.#prng.chance(0.5)));
    this.#engine = new SingleThreadEngine(
      module,
      { ...setting, clock: this.#clock },
      { invocationFailed: (error) => this.#failed(error), egressCrowded: () => {} },
    );
    this.#fedCounts = this.#engine.shards.map(() => 0);
    this.#orderCounts = this.#engine.shards.map(() => 0);
    this.#tap();
  }

  #world(): TreeWorld {
    const attempts = new Attempts();
    return {
      pause: () => this.#clock.sleep(this.#prng.below(20)),
      operate: () => this.#clock.sleep(this.#prng.below(100)),
      attempt: (uid) => attempts.next(uid),
      violated: (what) => {
        this.#violation ??= what;
      },
      began: (self, caller, uid) => this.#journal.began(self, nameOfCaller(caller), uid),
      ended: (self, _uid, sent) => this.#journal.ended(self, sent),
      threw: (self, uid, error) => this.#journal.threw(self, uid, error, this.#mender.isBusy),
    };
  }

  async run(): Promise<Outcome> {
    let stepCount = 0;
    let idleSteps = 0;
    while (!this.#isOver()) {
      stepCount++;
      idleSteps = (await this.#step()) ? 0 : idleSteps + 1;
      check(idleSteps < STUCK_STEPS, () => `stuck with ${this.#journal.inFlightCount} in flight`);
      this.#checkStep();
    }
    // What is counted is published at the end of a turn, and that nobody is flooded any more may still be on its way.
    let workCount = 0;
    do {
      workCount = 0;
      for (let thread = 0; thread < this.#engine.threadCount; thread++) workCount += this.#engine.turn(thread);
      await this.#engine.settle();
      // What has just settled has a turn yet to come.
      if (this.#engine.shards.some(({ hasWork }) => hasWork)) workCount++;
    } while (workCount > 0);
    check(this.#engine.coordinator.isQuiescent, () => 'not quiescent in the end');
    this.#checkEnd();
    return {
      hash: (this.#journal.hash >>> 0).toString(16).padStart(8, '0'),
      stepCount,
      invocationCount: this.#journal.invocationCount,
      spilledBlockCount: this.#engine.storages.reduce((sum, { blocksWritten }) => sum + blocksWritten, 0),
    };
  }

  #isOver(): boolean {
    const { inFlightCount, timerCount, givenUpCount } = this.#journal;
    if (this.#roots.length > 0 || inFlightCount + timerCount + givenUpCount > 0) return false;
    return this.#pendingEgressCount() === 0 && !this.#mender.isBusy;
  }

  /** One step of somebody. Returns whether anything moved. */
  async #step(): Promise<boolean> {
    const { threadCount } = this.#engine;
    const who = this.#choose(threadCount + 3);
    let moved: boolean;
    if (who < threadCount) moved = this.#turn(who);
    else if (who === threadCount) moved = this.#sendRoot();
    else if (who === threadCount + 1) moved = this.#consume() || this.#mend();
    else moved = this.#clock.wakeNext() || this.#waitForTimers();
    this.#journal.note(who * 2 + (moved ? 1 : 0));
    const isAwaited = this.#mender.isBusy || this.#engine.shards.some(({ underWay }) => underWay.busyCount > 0);
    if (moved && isAwaited) await this.#engine.settle();
    return moved;
  }

  /** Time goes on to the next delayed message or attempt; of what is due already, some waits for another attempt. */
  #waitForTimers(): boolean {
    const waits = this.#engine.shards.flatMap(({ timers, restMs }) => [timers.nextMs - this.#clock.now(), restMs]);
    const waitMs = Math.min(...waits.filter((ms) => ms > 0));
    if (waitMs === Number.POSITIVE_INFINITY) return false;
    this.#clock.advance(Math.ceil(waitMs));
    return true;
  }

  #turn(thread: number): boolean {
    const shard = this.#engine.shards[thread];
    const before = shard === undefined ? 0 : this.#credit(thread);
    const moved = this.#engine.turn(thread) > 0;
    if (shard !== undefined) this.#checkCredit(thread, shard.chargedCount, before);
    return moved;
  }

  /** Draws by weight; every phase has weights of its own, some of them zero. */
  #choose(count: number): number {
    if (this.#phaseSteps-- <= 0) {
      this.#phaseSteps = this.#prng.below(PHASE_STEPS_MAX);
      this.#weights = Array.from({ length: count }, () => Math.max(0, this.#prng.below(10) - 3));
    }
    let draw = this.#prng.below(this.#weights.reduce((sum, weight) => sum + weight, 1));
    for (let index = 0; index < count; index++) {
      draw -= this.#weights[index];
      if (draw < 0) return index;
    }
    return this.#prng.below(count);
  }

  // -- the world outside

  #sendRoot(): boolean {
    const root = this.#roots[0];
    if (root === undefined) return false;
    const { coordinator } = this.#engine;
    if (this.#setting.patient && this.#isHeldBack(root)) return false;
    this.#roots.shift();
    this.#model.add(root);
    this.#journal.sent(OUTSIDE, root);
    if (root.asked) this.#ask(root);
    else coordinator.send(typeOf(root.to), idOf(root.to.instance), messageOf(root), optionsOf(root));
    if (this.#prng.chance(0.5)) coordinator.flush();
    return true;
  }

  #ask(root: Root): void {
    const answers: (number | undefined)[] = [];
    this.#answered.set(root.uid, answers);
    const asker: Asker = {
      replied: (answer) => answers.push(answer as number),
      failed: (error) => {
        answers.push(undefined);
        checkFailure(error);
      },
    };
    const { coordinator } = this.#engine;
    coordinator.ask(typeOf(root.to), idOf(root.to.instance), messageOf(root), asker, false, optionsOf(root));
  }

  #isHeldBack({ to }: Root): boolean {
    const { input, directory } = this.#engine.coordinator;
    const admission = input.askFor(directory.numberFromOutside(typeOf(to)), idOf(to.instance));
    if (admission === undefined) return false;
    this.#waitingCount++;
    void admission.then(() => this.#waitingCount--);
    return true;
  }

  #consume(): boolean {
    const records = this.#engine.coordinator.ledgers.flatMap((ledger) => {
      const { records: taken } = ledger.take(1 + this.#prng.below(10));
      ledger.acknowledge();
      return taken;
    });
    this.#taken.push(...(records as number[]));
    return records.length > 0;
  }

  /** Somebody lets go on what was given up. */
  #mend(): boolean {
    if (this.#journal.givenUpCount === 0 || !this.#mender.step(this.#engine.coordinator)) return false;
    this.#journal.letGo();
    return true;
  }

  #failed(error: MillraceError): void {
    this.#failureCount++;
    checkFailure(error);
  }

  // -- checks

  /** Looks at every envelope as it comes out of its channel. */
  #tap(): void {
    const shapes = this.#engine.meshes[0]?.shapes;
    const reader = new EnvelopeReader(new PayloadCodec(1 << 24, shapes));
    const { shards, coordinator } = this.#engine;
    const nurse = coordinator.directory.functionNumber(NURSE_TYPE);
    const read = (
      words: Int32Array,
      bytes: Uint8Array,
      offset: number,
      length: number,
      _channel: number,
    ): { uid: number; from: string } | 'an order' | undefined => {
      reader.wrap(words, bytes, offset, length);
      if (reader.kind === KIND_REQUEST) return 'an order';
      // What the nurse is told is in nobody's line.
      if (reader.targetType === nurse) return undefined;
      const { uid } = reader.payload() as { uid: number };
      return { uid, from: this.#nameOfSource(reader) };
    };
    for (const [shard, handler] of shards.entries()) {
      const { onEnvelope } = handler;
      handler.onEnvelope = (...envelope) => {
        const message = read(...envelope);
        if (message === 'an order') this.#orderCounts[shard]++;
        else if (message !== undefined) this.#cameToShard(shard, envelope[4], message);
        onEnvelope.apply(handler, envelope);
      };
    }
    const { onEnvelope } = coordinator;
    coordinator.onEnvelope = (...envelope) => {
      const [words, bytes, offset, length] = envelope;
      reader.wrap(words, bytes, offset, length);
      if (reader.kind === KIND_FAILURE) this.#journal.doneAtCoordinator();
      else if (reader.kind === KIND_EGRESS || reader.kind === KIND_MESSAGE)
        this.#journal.cameToCoordinator(this.#nameOfSource(reader), reader.payload() as number);
      onEnvelope.apply(coordinator, envelope);
    };
  }

  #cameToShard(shard: number, channel: number, { uid, from }: { readonly uid: number; readonly from: string }): void {
    // The mailbox is no channel: what passes here from the own shard is only what its overflow held.
    if (channel === shard) return;
    if (from === OUTSIDE) this.#feed(shard);
    this.#journal.cameToShard(shard, from, uid);
  }

  #nameOfSource(reader: EnvelopeReader): string {
    const type = this.#engine.coordinator.directory.typeName(reader.sourceType);
    if (type === undefined || type === 'millrace/asker') return OUTSIDE;
    return nameOf(targetOf({ type, id: reader.sourceId() }));
  }

  #shardOf({ instance }: Target): number {
    return shardOfHash(hashId(idOf(instance)), this.#setting.shardCount);
  }

  #pendingEgressCount(): number {
    return this.#engine.coordinator.ledgers.reduce((sum, { pendingCount }) => sum + pendingCount, 0);
  }

  #checkStep(): void {
    const { shards, coordinator } = this.#engine;
    const { inFlightCount } = this.#journal;
    check(this.#violation === undefined, () => this.#violation ?? '');
    // What waits for who is parked is not in flight.
    const isParked = this.#setting.trees.parks && this.#journal.givenUpCount > 0;
    const isWrong = coordinator.isQuiescent && inFlightCount > 0 && !isParked;
    check(!isWrong, () => `quiescent with ${inFlightCount} in flight`);
    const { overflowBytesMax, shardCount, floodCountMax, lineCountMax, heldCountMax } = this.#setting;
    // Each overflow may exceed its limit by the chunk that is being read and the one that is being filled.
    const chunkBytes = Math.max(512, overflowBytesMax / 4, this.#longestBytes);
    // What waits for flooded addresses takes no credit, so their lines grow, and with them their chunks; as those do that
    // keep next to nothing as objects, when functions here send much to each other.
    const hasLongLines = floodCountMax < 1_024 || lineCountMax < 2 || heldCountMax < 4;
    const lineCount = hasLongLines ? FUNCTIONS * this.#instanceCount : 0;
    const lineBytes = LINE_PATIENCE * lineCount * 2 * Math.max(LINE_CHUNK_BYTES, this.#longestBytes);
    const bound = (shardCount + 1) * (overflowBytesMax + 2 * chunkBytes) + lineBytes;
    for (const [shard, { overflowBytes }] of shards.entries()) {
      check(
        overflowBytes <= bound,
        () => `shard ${shard} keeps ${overflowBytes} bytes of overflow in memory, not ${bound} (I7)`,
      );
    }
  }

  /** An envelope came from outside, for which credit must have been given. */
  #feed(shard: number): void {
    const fedCount = ++this.#fedCounts[shard];
    const credit = this.#credit(shard);
    check(fedCount <= credit, () => `shard ${shard} was sent ${fedCount} envelopes with credit for ${credit} (I7)`);
  }

  /** How many envelopes a shard has given credit for so far. */
  #credit(shard: number): number {
    return this.#engine.meshes[this.#setting.shardCount].counters.credit(shard);
  }

  /** Credit is given for as much as may still wait in a shard; what was given before cannot be taken back. */
  #checkCredit(shard: number, chargedCount: number, before: number): void {
    const [credit, cameCount] = [this.#credit(shard), this.#fedCounts[shard] + this.#orderCounts[shard]];
    const allowed = Math.max(before, cameCount + this.#setting.creditCount - chargedCount);
    check(credit <= allowed, () => `shard ${shard} has given credit for ${credit} envelopes, not ${allowed} (I7)`);
  }

  #checkEnd(): void {
    this.#journal.checkAllCame();
    const model = this.#model;
    const { invocationCount } = this.#journal;
    check(
      invocationCount === model.invocationCount,
      () => `${invocationCount} of ${model.invocationCount} invocations`,
    );
    check(this.#failureCount === model.failureCount, () => `${this.#failureCount} of ${model.failureCount} failures`);
    const { flooded } = this.#engine.coordinator.input;
    check(flooded.count === 0, () => 'nothing waits, and yet somebody counts as flooded');
    check(this.#waitingCount === 0, () => 'a client still waits to be admitted');
    checkEqual('egress records', sorted(this.#taken), sorted(model.egress));
    for (const [uid, allowed] of model.answers) {
      const answers = this.#answered.get(uid) ?? [];
      const [answer] = answers;
      check(
        answers.length === 1 && allowed.includes(answer),
        () => `ask ${uid} got ${answers.join()}, not one of ${allowed.join()}`,
      );
    }
    const [held, expected] = [this.#held().lines(), model.lines()];
    check(held === expected, () => `in the end ${held}, not ${expected}`);
  }

  /** What all addresses hold. */
  #held(): Model {
    const held = new Model();
    for (const [index, { entities, rows }] of this.#engine.shards.entries()) {
      const found = [...entities.values()].map((entity) => {
        const { type, cellNames } = this.#engine.coordinator.directory.binding(entity.functionIndex);
        const address = { type, id: entity.id };
        check(this.#shardOf(targetOf(address)) === index, () => `${entity.id} lives in shard ${index} (I1)`);
        const cells = cellNames.map((name, cell) => [name, bareValue(entity.readCell(cell))] as const);
        return [address, Object.fromEntries(cells)] as const;
      });
      const written = [...rows.inMemory()]
        .filter(({ value }) => value !== undefined)
        .map(({ key, value }) => [key, value] as const);
      const open = readHeld(held, found, written);
      check(open.length === 0, () => `schedules never came: ${JSON.stringify(open)}`);
      const waiting = readFailed(held, written);
      check(waiting.length === 0, () => `nobody has let go on: ${JSON.stringify(waiting)}`);
    }
    return held;
  }
}

/** No message below a root is longer than the root. */
function encodedBytes({ uid, commands }: Root): number {
  const codec = new PayloadCodec(1 << 24);
  codec.encode({ uid, commands }, PLAIN);
  return codec.byteLength;
}

function nameOfCaller(caller: { type: string; id: string } | undefined): string {
  return caller === undefined || caller.type === 'millrace/asker' ? OUTSIDE : nameOf(targetOf(caller));
}

function checkFailure(error: MillraceError): void {
  check(isExpectedFailure(error), () => `unexpected failure: ${error.stack}`);
}

function sorted<Item>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function checkEqual<Item>(what: string, actual: readonly Item[], expected: readonly Item[]): void {
  check(actual.join() === expected.join(), () => `${what} are ${actual.join()}, not ${expected.join()}`);
}
