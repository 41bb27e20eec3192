/**
 * Command trees on an engine that dies: roots are sent with idempotency keys until they are acknowledged, some are asked.
 * At every committed cut, what has been done and what the messages in flight will still do is together what the model
 * says of the roots whose keys are committed; delayed messages that are pending are in flight. A consumer without transactions gets each egress record under one number.
 */
import type { Module } from '../../src/index.ts';
import { callbackSink } from '../../src/io/egress-pump.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import { delayedMessages } from '../../src/testing/delayed-messages.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { Attempts } from '../smoke/attempts.ts';
import type { Command, Root } from '../smoke/command-tree.ts';
import { treeModule } from '../smoke/tree-functions.ts';
import { TreeGenerator } from '../smoke/tree-generator.ts';
import type { TreeWorld } from '../smoke/tree-interpreter.ts';
import { idOf, messageOf, optionsOf, RESULTS_TYPE, type Told, TREE_TYPES, typeOf } from '../smoke/tree-messages.ts';
import { Model } from '../smoke/tree-model.ts';
import { type TreeOptions, WHOLE_OPTIONS } from '../smoke/tree-options.ts';
import { traitsOf } from '../smoke/tree-states.ts';
import { check } from '../../src/testing/violation.ts';
import { KeyedClients } from './keyed-client.ts';
import { Mender } from './mender.ts';
import { drawWhole } from './setting.ts';
import { isExpectedFailure, readFailed, readHeld, readWaiting, type Waiting } from './tree-state.ts';
import { NumberedConsumer } from '../../src/testing/numbered-consumer.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';

const VERSION_MAX = 6;

export class Trees implements Workload {
  readonly #outside: Outside;
  readonly #options: TreeOptions;
  readonly #attempts = new Attempts();
  readonly #mender: Mender;
  readonly #roots: readonly Root[];
  readonly #clients: KeyedClients;
  readonly #consumer: NumberedConsumer<number>;
  /** Roots that are still to be asked; the marker is an egress record that says that the question was heard. */
  #questions: Root[];
  readonly #asked: Root[] = [];
  readonly #answered = new Map<number, number>();
  #openQuestions = new Set<number>();
  #process: DurableProcess | undefined;
  #version = 0;
  #violation: string | undefined;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const options = {
      ...WHOLE_OPTIONS,
      numberOfFunctionInstances: prng.pick([1, 3, 10, 50]),
      commandDepth: prng.pick([3, 5, 7]),
      asyncSendPr: prng.pick([0, 0.1, 0.4]),
      sendEgressPr: prng.pick([0.05, 0.4]),
      failPr: prng.pick([0, 0.05]),
      askPr: prng.pick([0, 0, 0.3]),
      ...drawWhole(prng),
    };
    this.#options = options;
    this.#mender = new Mender(prng, outside.clock, { parks: options.parks, edits: true });
    const generator = new TreeGenerator(prng, options);
    const roots = Array.from({ length: setting.size }, () => generator.root());
    this.#outside = outside;
    this.#roots = roots.filter(({ asked }) => !asked);
    this.#questions = roots.filter(({ asked }) => asked).map(withMarker);
    this.#consumer = new NumberedConsumer(outside);
    const messages = this.#roots.map((root) => ({
      key: `root-${root.uid}`,
      type: typeOf(root.to),
      id: idOf(root.to.instance),
      message: messageOf(root),
      options: optionsOf(root),
    }));
    this.#clients = new KeyedClients(outside, messages);
  }

  /** Every process has newer code than the one before. */
  newModule(): Module {
    const { clock, prng } = this.#outside;
    const world: TreeWorld = {
      pause: () => clock.sleep(prng.below(20)),
      operate: () => (prng.chance(0.5) ? this.#outside.linger() : clock.sleep(prng.below(500))),
      attempt: (uid) => this.#attempts.next(uid),
      violated: (what) => {
        this.#violation ??= what;
      },
      began: (_self, _caller, uid) => this.#outside.note(uid),
    };
    this.#version = Math.min(this.#version + 1, VERSION_MAX);
    return treeModule(world, traitsOf(this.#options, this.#version, prng.chance(0.5)));
  }

  started(process: DurableProcess): void {
    this.#process = process;
    const number = process.engine?.coordinator.directory.egressNumber(RESULTS_TYPE) ?? 0;
    process.edges?.attach(
      number,
      callbackSink((record: never, sequence) => this.#consumer.take(record, sequence)),
    );
  }

  died(): void {
    this.#clients.died();
    this.#mender.died();
    // Nobody knows whether they were heard; the markers will tell.
    this.#openQuestions = new Set();
  }

  step(process: DurableProcess): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    const { prng } = this.#outside;
    const question = prng.chance(0.3) ? this.#questions.shift() : undefined;
    if (question !== undefined) {
      this.#ask(process, question);
      return true;
    }
    return this.#clients.step(process) || this.#waitForTimers() || this.#mend(process);
  }

  /** As long as there is something else to do, seldom. */
  #mend({ engine }: DurableProcess): boolean {
    if (engine === undefined || this.#options.stumblePr === 0) return false;
    const isLast = this.#hasAllDone && engine.coordinator.isQuiescent;
    return this.#mender.step(engine.coordinator, isLast);
  }

  /** Once in a while, time goes on to the next delayed message, or on the way to it. */
  #waitForTimers(): boolean {
    const { prng, clock } = this.#outside;
    const waitMs = this.#nextMs() - clock.now();
    if (waitMs <= 0 || waitMs === Number.POSITIVE_INFINITY || prng.chance(0.7)) return false;
    clock.advance(prng.chance(0.5) ? waitMs : 1 + prng.below(waitMs));
    return true;
  }

  #nextMs(): number {
    return Math.min(...(this.#process?.engine?.shards.map(({ timers }) => timers.nextMs) ?? []));
  }

  #ask(process: DurableProcess, root: Root): void {
    const { uid, to } = root;
    this.#asked.push(root);
    const answers = this.#model([root]).answers.get(uid) ?? [];
    if (answers.length > 0) this.#openQuestions.add(uid);
    const asker = {
      replied: (answer: unknown) => {
        check(answers.includes(answer as number), () => `question ${uid} was answered with ${String(answer)}`);
        check(!this.#answered.has(uid), () => `question ${uid} was answered twice`);
        this.#answered.set(uid, answer as number);
        this.#openQuestions.delete(uid);
      },
      failed: (error: MillraceError) => {
        // What is too much for who is parked is a dead letter, which is heard all the same.
        check(error.code === 'ADDRESS_PARKED', () => `question ${uid} failed: ${error.stack}`);
        this.#openQuestions.delete(uid);
      },
    };
    process.clients?.ask(typeOf(to), idOf(to.instance), messageOf(root), asker, true, optionsOf(root));
  }

  isDone(): boolean {
    return this.#hasAllDone && (this.#mender.isDone || this.#options.stumblePr === 0);
  }

  /** Nothing is left to be done by itself. */
  get #hasAllDone(): boolean {
    if (!this.#clients.isDone || this.#questions.length > 0 || this.#openQuestions.size > 0) return false;
    // What is being read from the store may be due.
    const shards = this.#process?.engine?.shards ?? [];
    return this.#nextMs() === Number.POSITIVE_INFINITY && !shards.some(({ timers }) => timers.isReading);
  }

  invocationFailed(error: MillraceError): void {
    check(isExpectedFailure(error), () => `unexpected failure: ${error.stack}`);
  }

  /** Keys that were acknowledged, and the markers of questions that were answered. */
  known(): ReadonlySet<string> {
    const markers = [...this.#answered.keys()].map((uid) => `marker-${markerOf(uid)}`);
    return new Set([...this.#clients.acknowledged, ...markers]);
  }

  checkCut(cut: CommittedCut, known: ReadonlySet<string>): void {
    const { entry, keys } = cut;
    const epoch = entry?.epoch ?? 0;
    const committed = new Set(keys);
    for (const key of known) {
      if (!key.startsWith('marker'))
        check(committed.has(key), () => `epoch ${epoch}: ${key} was acknowledged and is lost`);
    }
    // Without its key, nobody can tell from the cut alone whether a question was heard.
    if (this.#asked.length > 0) return;
    const found = new Model();
    const { open, waiting } = readCut(found, cut);
    readWaiting(found, [...(cut.messages as readonly Waiting[]), ...delayed(cut), ...waiting]);
    for (const { self, message } of open) found.comes(self, self, message);
    const expected = this.#model(this.#roots.filter(({ uid }) => committed.has(`root-${uid}`)));
    check(found.lines() === expected.lines(), () => `epoch ${epoch}: ${found.lines()}, not ${expected.lines()} (I6)`);
    const egressCount = found.egress.length + (entry?.egresses[RESULTS_TYPE]?.committed ?? 0);
    check(
      egressCount === expected.egress.length,
      () => `epoch ${epoch}: ${egressCount} egress records, not ${expected.egress.length}`,
    );
  }

  #model(roots: readonly Root[]): Model {
    const model = new Model();
    for (const root of roots) model.add(root);
    return model;
  }

  checkEnd(cut: CommittedCut): void {
    const records = this.#consumer.all(cut.entry?.egresses[RESULTS_TYPE]?.committed ?? 0);
    const heard = this.#asked.filter(({ uid }) => records.includes(markerOf(uid)));
    for (const uid of this.#answered.keys()) {
      check(records.includes(markerOf(uid)), () => `question ${uid} was answered and is lost`);
    }
    const expected = this.#model([...this.#roots, ...heard]);
    const found = new Model();
    const { open, waiting } = readCut(found, cut);
    check(open.length === 0, () => `schedules never came: ${JSON.stringify(open)}`);
    check(waiting.length === 0, () => `nobody has let go on: ${JSON.stringify(waiting)}`);
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
    check(found.lines() === expected.lines(), () => `in the end ${found.lines()}, not ${expected.lines()}`);
    const [taken, due] = [records, expected.egress].map((list) => list.toSorted((a, b) => a - b).join());
    check(taken === due, () => `egress records are ${taken}, not ${due}`);
  }
}

interface Found {
  /** Schedules that have not come. */
  readonly open: ReturnType<typeof readHeld>;
  /** What somebody is to let go on. */
  readonly waiting: readonly Waiting[];
}

function readCut(found: Model, { entities, rows }: CommittedCut): Found {
  const values = [...entities].map(([name, state]) => {
    const [type, id] = name.split(' ') as [string, string];
    return [{ type, id }, state] as const;
  });
  return { open: readHeld(found, values, rows), waiting: readFailed(found, rows) };
}

/** Messages that are in flight until their time comes. */
function delayed({ rows }: CommittedCut): Waiting[] {
  return TREE_TYPES.flatMap((type) =>
    delayedMessages(rows, type).map(({ id, message, caller }) => ({ type, id, message: message as Told, caller })),
  );
}

/** The number of the egress record that says that a question was heard. */
function markerOf(uid: number): number {
  return 1_000_000 + uid;
}

/** The same root behind an invocation that cannot fail. */
function withMarker({ uid, to, commands, ...root }: Root): Root {
  const send: Command = { do: 'send', to, uid: 2_000_000 + uid, commands };
  return { ...root, uid, to, commands: [{ do: 'egress', uid: markerOf(uid) }, send] };
}
