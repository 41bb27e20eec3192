/**
 * One run of a user's scenario on a simulated durable engine: the user's module around a trace, the user's `run` as the
 * world outside, and the user's invariants for every committed cut.
 */
import { callbackSink } from '../io/egress-pump.ts';
import type { MillraceError } from '../sdk/errors.ts';
import type { Module } from '../sdk/module.ts';
import type { CommittedCut } from './committed-cut.ts';
import { Cut } from './cut.ts';
import type { DurableProcess } from './durable-process.ts';
import { FedSource } from './fed-source.ts';
import { NumberedConsumer } from './numbered-consumer.ts';
import { observedModule } from './observed-module.ts';
import type { Scenario } from './scenario.ts';
import { WantingClient } from './scenario-client.ts';
import type { Trace } from './trace.ts';
import { check } from './violation.ts';
import type { Outside, Workload } from './workload.ts';
import { moduleOf, type World } from './world.ts';
import { readDuration } from '../sdk/duration.ts';

/** More than anything takes that does not wait for time. */
const IDLE_STEPS = 30;

/** A cut that `settle` waits for. */
interface CutWish {
  state: 'wanted' | 'ordered' | 'committed';
  /** Which shards were quiet when its checkpoint was ordered: others that take their place have to do it all again. */
  shards: unknown;
  readonly resolve: (cut: Promise<Cut>) => void;
}

export class ScenarioWorkload implements Workload {
  readonly #outside: Outside;
  readonly #scenario: Scenario;
  readonly #trace: Trace;
  readonly #world: World;
  readonly #client: WantingClient;
  readonly #sources = new Map<string, FedSource>();
  readonly #consumers = new Map<string, NumberedConsumer<unknown>>();
  #module: Module | undefined;
  #process: DurableProcess | undefined;
  #wishes: CutWish[] = [];
  #hasBegun = false;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;
  /** For how many steps nothing has moved, and what moving is told by. */
  #idleSteps = 0;
  #activity: number | undefined;

  constructor(outside: Outside, scenario: Scenario, trace: Trace) {
    const { clock, prng } = outside;
    this.#outside = outside;
    this.#scenario = scenario;
    this.#trace = trace;
    this.#world = {
      now: () => clock.now(),
      random: () => prng.fraction(),
      sleep: (duration) => clock.sleep(readDuration(duration) ?? 0),
      pause: () => outside.linger(),
    };
    this.#client = new WantingClient({
      prng,
      clock,
      feed: (ingress, records) => this.#source(ingress).add(records),
      settledCut: () => this.#settledCut(),
    });
  }

  #settledCut(): Promise<Cut> {
    return new Promise((resolve) => {
      this.#wishes.push({ state: 'wanted', shards: undefined, resolve });
    });
  }

  // -- processes

  newModule(): Module {
    const { shardCount } = this.#outside;
    const module = moduleOf(this.#scenario.module, this.#world);
    this.#module = module;
    return observedModule(module, this.#trace, shardCount, (type) => this.#source(type));
  }

  #source(type: string): FedSource {
    const known = this.#sources.get(type);
    if (known !== undefined) return known;
    const source = new FedSource(this.#outside.prng);
    this.#sources.set(type, source);
    return source;
  }

  #consumer(type: string): NumberedConsumer<unknown> {
    const known = this.#consumers.get(type);
    if (known !== undefined) return known;
    const consumer = new NumberedConsumer<unknown>(this.#outside);
    this.#consumers.set(type, consumer);
    return consumer;
  }

  started(process: DurableProcess): void {
    this.#process = process;
    this.#module?.egresses.forEach(({ type }, number) => {
      process.edges?.attach(
        number,
        callbackSink((record: unknown, sequence) => this.#consumer(type).take(record, sequence)),
      );
    });
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#run().then(
      () => (this.#hasEnded = true),
      (error: unknown) => (this.#failure ??= { error }),
    );
  }

  async #run(): Promise<void> {
    await this.#scenario.run(this.#client);
  }

  died(): void {
    this.#process = undefined;
    this.#client.died();
    for (const wish of this.#wishes) wish.state = 'wanted';
  }

  happened(what: string): void {
    this.#trace.note(what);
  }

  invocationFailed(error: MillraceError): void {
    if (this.#scenario.failures !== 'allow') this.#failure ??= { error };
  }

  // -- steps

  step(process: DurableProcess): boolean {
    this.#throwFailure();
    if (this.#client.step(process)) return true;
    if (!this.#isQuiet(process)) return this.#isHeldUp(process) && this.#passTime(process, Number.POSITIVE_INFINITY);
    if (this.#client.quiet() || this.#grantWish(process)) return true;
    return this.#passTime(process, this.#client.waitsUntil ?? 0);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Everything that was said, fed and sent has been done. */
  #isQuiet({ engine, edges }: DurableProcess): boolean {
    if (!this.#client.isQuiet || engine?.coordinator.isQuiescent !== true || !isIdle(engine)) return false;
    // A marker that still waits for its place leaves no room for what is due.
    if (engine.shards.some(({ backlogCount }) => backlogCount > 0)) return false;
    const positions = edges?.positions() ?? {};
    const isRouted = ([type, { count }]: readonly [string, FedSource]): boolean => {
      const { source, skip } = positions[type] ?? { source: 0, skip: 0 };
      return Number(source ?? 0) + skip === count;
    };
    return [...this.#sources].every(isRouted);
  }

  /** Somebody waits for the cut of this moment: one more checkpoint, and it can be read. */
  #grantWish(process: DurableProcess): boolean {
    const [wish] = this.#wishes;
    if (wish === undefined) return false;
    if (wish.shards !== process.engine?.shards) wish.state = 'wanted';
    if (wish.state === 'ordered') return false;
    if (wish.state === 'wanted') {
      const shards = process.engine?.shards;
      wish.state = 'ordered';
      wish.shards = shards;
      const end = (state: CutWish['state']) => () => {
        if (wish.shards === shards) wish.state = state;
      };
      process.clients?.checkpoint().then(end('committed'), end('wanted'));
    } else {
      this.#wishes.shift();
      wish.resolve(this.#outside.readCut().then((cut) => this.#cut(cut)));
    }
    return true;
  }

  /** Nothing has moved for long: messages wait to be tried again later, and for nothing else. */
  #isHeldUp({ engine }: DurableProcess): boolean {
    const activity = engine?.meshes.at(-1)?.counters.activity();
    const isHeldUp = isIdle(engine) && engine?.coordinator.isQuiescent === false && activity === this.#activity;
    this.#idleSteps = isHeldUp ? this.#idleSteps + 1 : 0;
    this.#activity = activity;
    return this.#idleSteps > IDLE_STEPS;
  }

  /** Time is all that is waited for: it goes on to what is due next, or to `until`. */
  #passTime({ engine }: DurableProcess, until: number): boolean {
    const { clock } = this.#outside;
    // By the time that passes, whatever the clock has been set to.
    const now = clock.elapsedMs();
    const dues = (engine?.shards ?? []).map(({ restMs }) => now + restMs);
    const next = Math.min(until, clock.nextWakeAt ?? until, ...dues, now + (engine?.coordinator.restMs ?? 0));
    if (next <= now || next === Number.POSITIVE_INFINITY) return false;
    clock.advance(next - now);
    return true;
  }

  isDone(): boolean {
    this.#throwFailure();
    if (!this.#hasEnded || this.#wishes.length > 0) return false;
    return this.#process !== undefined && this.#isQuiet(this.#process);
  }

  get waitsFor(): string {
    if (!this.#hasBegun) return 'the engine does not come to run';
    return this.#client.waitsFor ?? (this.#hasEnded ? 'something is in flight' : 'run() awaits something of its own');
  }

  // -- checks

  known(): ReadonlySet<string> {
    return new Set(this.#client.acknowledged);
  }

  #cut(cut: CommittedCut): Cut {
    const taken = (type: string): readonly unknown[] => this.#consumer(type).items;
    const module = this.#module ?? moduleOf(this.#scenario.module, this.#world);
    return new Cut(cut, module, this.#outside.clock.now(), taken);
  }

  async checkCut(cut: CommittedCut, known: ReadonlySet<string>): Promise<void> {
    const committed = new Set(cut.keys);
    for (const key of known) check(committed.has(key), () => `${key} was acknowledged and is lost`);
    await this.#scenario.invariant?.(this.#cut(cut));
  }

  async checkEnd(cut: CommittedCut): Promise<void> {
    await this.#scenario.outcome?.(this.#cut(cut));
  }
}

/** Nothing is to be done in any shard, nothing is read, and nothing is due. */
function isIdle(engine: DurableProcess['engine']): boolean {
  return engine?.shards.every((shard) => !shard.hasWork && !shard.isWaiting) === true;
}
