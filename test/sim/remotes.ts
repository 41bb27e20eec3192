/**
 * Command trees of the smoke test on remote functions, exact and of a namespace, with a native one between them, on an
 * engine that dies, over an endpoint that fails in all ways. At every committed cut, what has been done, what messages in
 * flight and timers will still do, and what has become a dead letter is together what the model says of the roots whose
 * keys are committed. Spoolers number what they send, and each remote address sees those numbers in order and without
 * gaps, whatever its batches were.
 */
import {
  type Address,
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  type Module,
  value,
  type ValueSpec,
} from '../../src/index.ts';
import { callbackSink } from '../../src/io/egress-pump.ts';
import { remoteFunction } from '../../src/remote/index.ts';
import { deadlineOf, type RemoteValue } from '../../src/remote/remote-values.ts';
import { type DeadLetterRow, isDeadLetterKey, messageOf } from '../../src/shard/failing/dead-letters.ts';
import { dueOf } from '../../src/shard/rows/expiry-rows.ts';
import type { RemoteInvocation } from '../../src/statefun/protocol.ts';
import type { TypedValue } from '../../src/statefun/typed-value.ts';
import type { CommittedCut, CutState } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { NumberedConsumer } from '../../src/testing/numbered-consumer.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import {
  AT_MESSAGE,
  AT_SENDER_ID,
  AT_SENDER_TYPE,
  AT_TARGET_ID,
  AT_TARGET_TYPE,
} from '../../src/timers/timer-layout.ts';
import { declared, program, textOf, typed, type View } from '../conformance/statefun/scripted-endpoint.ts';
import { type Command, ofOneInvocation, type Target } from '../smoke/command-tree.ts';
import { TreeGenerator } from '../smoke/tree-generator.ts';
import { SMOKE_OPTIONS } from '../smoke/tree-options.ts';
import { KeyedClients } from './keyed-client.ts';
import { RemoteWorld } from './remote-world.ts';
import { timersOf } from './timer-rows.ts';

/** What all messages say, as JSON. */
type Said =
  | { readonly uid: number; readonly commands: readonly Command[] }
  | { readonly from: string; readonly number: number }
  | { readonly spool: string; readonly count: number };

type SpoolState = { readonly next: ValueSpec<Readonly<Record<string, number>>> };
type CountState = { readonly count: ValueSpec<number> };

const REMOTE_TYPES = ['tree/remote', 'far/one', 'far/two'];
const NATIVE_TYPE = 'tree/native';
const SPOOL_TYPE = 'tree/spool';
const RESULTS_TYPE = 'tree/results';
const STATES = [
  declared('count'),
  declared('batch'),
  declared('short', { mode: 'after-write', afterMs: 40 }),
  declared('read', { mode: 'after-invoke', afterMs: 300 }),
];
const FAILURE = { attempts: 12, backoff: { initialMs: 1, factor: 1.5, maxMs: 20, jitter: 0.5 } } as const;
const TIMER_MS = [0, 1, 10, 300];

function addressOf({ async, instance }: Target): Address {
  const isRemote = async || instance % 2 === 1;
  return { type: isRemote ? REMOTE_TYPES[instance % 3] : NATIVE_TYPE, id: `é${instance}` };
}

function nameOf({ type, id }: Address): string {
  return `${type} ${id}`;
}

function said(message: unknown): Said {
  return JSON.parse(textOf(message as TypedValue) ?? '') as Said;
}

function uidOf(message: unknown): number {
  return (said(message) as { readonly uid: number }).uid;
}

/** What trees come to. */
class Outcome {
  readonly counts = new Map<string, number>();
  readonly egress: number[] = [];
  /** Messages that fail, and become dead letters. */
  readonly failed: number[] = [];

  add(self: Address, caller: Address | undefined, uid: number, all: readonly Command[]): void {
    const commands = ofOneInvocation(all);
    if (commands.some((command) => command.do === 'fail')) {
      this.failed.push(uid);
      return;
    }
    for (const command of commands) {
      if (command.do === 'increment') this.count(nameOf(self), 1);
      else if (command.do === 'egress') this.egress.push(command.uid);
      else if (command.do === 'send') this.add(addressOf(command.to), self, command.uid, command.commands);
      else if (command.do === 'reply' && caller !== undefined) this.add(caller, self, command.uid, command.commands);
    }
  }

  count(name: string, count: number): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  lines(): string {
    const lines = [...this.counts].map(([name, count]) => `${name}: ${count}`).toSorted((a, b) => (a < b ? -1 : 1));
    return `${lines.join()}; failed ${this.failed.toSorted((a, b) => a - b).join()}`;
  }
}

/** How a function of either kind does what it is told. */
interface Doer {
  increment(): void;
  egress(text: string): void;
  send(target: Address, text: string): void;
  sendAfter(delayMs: number, target: Address, text: string, token: string): void;
  cancel(token: string): void;
}

export class Remotes implements Workload {
  readonly #outside: Outside;
  readonly #roots: ReadonlyMap<
    string,
    { readonly to: Address; readonly uid: number; readonly commands: readonly Command[] }
  >;
  readonly #clients: KeyedClients;
  readonly #consumer: NumberedConsumer<TypedValue>;
  readonly #concurrency: number;
  readonly #batchCountMax: number;
  #violation: string | undefined;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const instanceCount = prng.pick([1, 2, 6, 30]);
    const generator = new TreeGenerator(prng, {
      ...SMOKE_OPTIONS,
      numberOfFunctionInstances: instanceCount,
      commandDepth: prng.pick([3, 5]),
      sendEgressPr: 0.2,
      failPr: prng.pick([0, 0.05]),
      askPr: 0,
    });
    this.#outside = outside;
    this.#concurrency = prng.pick([1, 2, 100]);
    this.#batchCountMax = prng.pick([1, 2, 1000, 1000]);
    this.#consumer = new NumberedConsumer(outside);
    const roots = Array.from({ length: setting.size }, () => generator.root());
    this.#roots = new Map(
      roots.map(({ to, uid, commands }) => [`root-${uid}`, { to: addressOf(to), uid, commands }] as const),
    );
    const messages = [...this.#roots].map(([key, { to, uid, commands }]) => ({
      key,
      ...to,
      message: typed(JSON.stringify({ uid, commands })),
    }));
    const spools = Array.from({ length: Math.ceil(setting.size / 2) }, (_, index) => ({
      key: `spool-${index}`,
      type: SPOOL_TYPE,
      id: `s${prng.below(3)}`,
      message: typed(
        JSON.stringify({
          spool: nameOf({ type: prng.pick(REMOTE_TYPES), id: `é${prng.below(instanceCount)}` }),
          count: 1 + prng.below(20),
        }),
      ),
    }));
    this.#clients = new KeyedClients(outside, [...messages, ...spools]);
  }

  newModule(): Module {
    const world = new RemoteWorld(
      this.#outside,
      this.#concurrency,
      STATES,
      program(STATES, (view, invocation) => this.#runRemote(view, invocation)),
    );
    const remote = ['tree/remote', 'far/*'].map((type) =>
      remoteFunction({ type, endpoint: world, batchCountMax: this.#batchCountMax, failure: FAILURE }),
    );
    const native = defineFunction({
      type: NATIVE_TYPE,
      state: { count: value({ initial: 0 }) },
      invoke: (ctx: Context<CountState>, message: unknown) => this.#runNative(ctx, message),
    });
    const spool = defineFunction({
      type: SPOOL_TYPE,
      state: { next: value<Readonly<Record<string, number>>>({ initial: {} }) },
      invoke: (ctx: Context<SpoolState>, message: unknown) => this.#spool(ctx, message),
    });
    return defineModule({ functions: [...remote, native, spool], egresses: [defineEgress({ type: RESULTS_TYPE })] });
  }

  // -- functions

  #runRemote(view: View, { argument, caller }: RemoteInvocation): void {
    const message = said(argument);
    this.#outside.note(textOf(argument)?.length ?? 0);
    const now = String(this.#outside.clock.now());
    view.set('short', now);
    if (view.get('read') === undefined) view.set('read', now);
    if ('number' in message) {
      this.#see(view, message.from, message.number);
      return;
    }
    if (!('commands' in message)) return;
    this.#carryOut(view.self, caller, message.uid, message.commands, {
      increment: () => view.set('count', String(Number(view.get('count') ?? 0) + 1)),
      egress: (text) => view.egress(RESULTS_TYPE, text),
      send: ({ type, id }, text) => view.send(type, id, text),
      sendAfter: (delayMs, { type, id }, text, token) => view.sendAfter(delayMs, type, id, text, token),
      cancel: (token) => view.cancel(token),
    });
  }

  /** Numbers of one spooler come one after the other. */
  #see(view: View, from: string, number: number): void {
    const seen = JSON.parse(view.get('batch') ?? '{}') as Record<string, number>;
    const last = seen[from] ?? 0;
    if (number !== last + 1) this.#violation ??= `${nameOf(view.self)} got ${number} of ${from} after ${last} (I4)`;
    view.set('batch', JSON.stringify({ ...seen, [from]: number }));
  }

  #runNative(ctx: Context<CountState>, message: unknown): void {
    const { uid, commands } = said(message) as { uid: number; commands: readonly Command[] };
    this.#carryOut(ctx.self, ctx.caller, uid, commands, {
      increment: () => void ctx.state.count++,
      egress: (text) => ctx.egress(RESULTS_TYPE, typed(text)),
      send: ({ type, id }, text) => ctx.send(type, id, typed(text)),
      sendAfter: (delayMs, { type, id }, text, token) =>
        ctx.sendAfter(delayMs, type, id, typed(text), token === '' ? {} : { token }),
      cancel: (token) => void ctx.cancel(token),
    });
  }

  /** What is sent, and how, is the same however often it is run. */
  #carryOut(self: Address, caller: Address | undefined, uid: number, all: readonly Command[], doer: Doer): void {
    const commands = ofOneInvocation(all);
    if (commands.some((command) => command.do === 'fail')) throw new Error('as ordered');
    for (const command of commands) {
      if (command.do === 'increment') doer.increment();
      else if (command.do === 'egress') doer.egress(String(command.uid));
      else if (command.do === 'send') this.#send(addressOf(command.to), command, doer);
      else if (command.do === 'reply' && caller !== undefined) this.#send(caller, command, doer);
    }
    if (uid % 4 !== 0) return;
    const token = `cancelled-${uid}`;
    doer.sendAfter(5, self, JSON.stringify({ uid: -uid, commands: [{ do: 'egress', uid: -1 }] }), token);
    doer.cancel(token);
  }

  #send(
    target: Address,
    { uid, commands }: { readonly uid: number; readonly commands: readonly Command[] },
    doer: Doer,
  ): void {
    const text = JSON.stringify({ uid, commands });
    if (uid % 5 > 1) doer.send(target, text);
    else doer.sendAfter(TIMER_MS[uid % TIMER_MS.length], target, text, uid % 5 === 1 ? `token-${uid}` : '');
  }

  #spool(ctx: Context<SpoolState>, message: unknown): void {
    const { spool, count } = said(message) as { spool: string; count: number };
    const [type, id] = spool.split(' ');
    let number = ctx.state.next[spool] ?? 0;
    for (let sent = 0; sent < count; sent++) {
      ctx.send(type, id, typed(JSON.stringify({ from: ctx.self.id, number: ++number })));
    }
    ctx.state.next = { ...ctx.state.next, [spool]: number };
  }

  // -- the world

  started(process: DurableProcess): void {
    const number = process.engine?.coordinator.directory.egressNumber(RESULTS_TYPE) ?? 0;
    process.edges?.attach(
      number,
      callbackSink((record: never, sequence) => this.#consumer.take(record, sequence)),
    );
  }

  died(): void {
    this.#clients.died();
  }

  step(process: DurableProcess): boolean {
    this.#checkViolation();
    return this.#clients.step(process);
  }

  isDone(): boolean {
    this.#checkViolation();
    return this.#clients.isDone;
  }

  #checkViolation(): void {
    check(this.#violation === undefined, () => this.#violation ?? '');
  }

  invocationFailed({ code, cause, stack }: Error & { readonly code?: string }): void {
    // Which of them the last attempt was, of a message that fails, is up to chance; that no other fails the cuts say.
    const message = cause instanceof Error ? cause.message : '';
    const isOrdered = code === 'INVOCATION_FAILED' && ['as ordered', 'out of reach'].includes(message);
    check(isOrdered, () => `unexpected failure: ${stack} ${String((cause as Error | undefined)?.stack)}`);
  }

  known(): ReadonlySet<string> {
    return new Set(this.#clients.acknowledged);
  }

  // -- the model

  checkCut(cut: CommittedCut, known: ReadonlySet<string>): void {
    const { entry, keys } = cut;
    const epoch = entry?.epoch ?? 0;
    const committed = new Set(keys);
    for (const key of known) check(committed.has(key), () => `epoch ${epoch}: ${key} was acknowledged and is lost`);
    const expected = this.#model(committed);
    const found = this.#find(cut);
    check(found.lines() === expected.lines(), () => `epoch ${epoch}: ${found.lines()}, not ${expected.lines()} (I6)`);
    const egressCount = found.egress.length + (entry?.egresses[RESULTS_TYPE]?.committed ?? 0);
    const dueCount = expected.egress.length;
    check(egressCount === dueCount, () => `epoch ${epoch}: ${egressCount} egress records, not ${dueCount}`);
    this.#checkSpools(cut);
    this.#checkExpiry(cut);
  }

  #model(committed: ReadonlySet<string>): Outcome {
    const outcome = new Outcome();
    for (const [key, { to, uid, commands }] of this.#roots) {
      if (committed.has(key)) outcome.add(to, undefined, uid, commands);
    }
    return outcome;
  }

  #find({ entities, messages, rows }: CommittedCut): Outcome {
    const found = new Outcome();
    for (const [name, state] of entities) {
      const count = countOf(state);
      if (count > 0) found.count(name, count);
    }
    const add = (to: Address, caller: Address | undefined, message: unknown): void => {
      const content = said(message);
      if ('commands' in content) found.add(to, caller, content.uid, content.commands);
    };
    for (const { type, id, message, caller } of messages) add({ type, id }, caller, message);
    for (const { row } of timersOf(rows, uidOf).values()) {
      const caller = { type: row[AT_SENDER_TYPE], id: row[AT_SENDER_ID] };
      add({ type: row[AT_TARGET_TYPE], id: row[AT_TARGET_ID] }, caller, row[AT_MESSAGE]);
    }
    for (const [key, row] of rows) {
      if (isDeadLetterKey(key)) found.failed.push(uidOf(messageOf(row as DeadLetterRow)));
    }
    return found;
  }

  /** Each number that was given is in flight or was seen, and nothing else was. */
  #checkSpools({ entry, entities, messages }: CommittedCut): void {
    const inFlight = new Map<string, number[]>();
    for (const { type, id, message } of messages) {
      const content = said(message);
      if (!('number' in content)) continue;
      const key = `${content.from} to ${type} ${id}`;
      inFlight.set(key, [...(inFlight.get(key) ?? []), content.number]);
    }
    for (const [name, state] of entities) {
      if (!name.startsWith(SPOOL_TYPE)) continue;
      const from = name.slice(SPOOL_TYPE.length + 1);
      for (const [target, next] of Object.entries((state['next'] ?? {}) as Record<string, number>)) {
        const text = bytesOf(entities.get(target), 'batch');
        const seen = (JSON.parse(text ?? '{}') as Record<string, number>)[from] ?? 0;
        const numbers = (inFlight.get(`${from} to ${target}`) ?? []).toSorted((a, b) => a - b);
        const due = Array.from({ length: next - seen }, (_, index) => seen + 1 + index);
        check(
          numbers.join() === due.join(),
          () =>
            `epoch ${entry?.epoch}: ${target} has seen ${seen} of ${next} of ${from}; in flight are ${numbers.join()}`,
        );
      }
    }
  }

  /** Whoever has something that expires has a row for it in time. */
  #checkExpiry({ entry, entities }: CommittedCut): void {
    for (const [name, state] of entities) {
      const deadline = Math.min(...valuesOf(state).map(deadlineOf));
      if (deadline === Number.POSITIVE_INFINITY) continue;
      const armed = state['\0expiry'] as number | undefined;
      check(
        armed !== undefined && armed <= dueOf(deadline),
        () => `epoch ${entry?.epoch}: ${name} has something that expires at ${deadline}, and a row at ${armed}`,
      );
    }
  }

  checkEnd(cut: CommittedCut): void {
    const records = this.#consumer
      .all(cut.entry?.egresses[RESULTS_TYPE]?.committed ?? 0)
      .map((one) => Number(textOf(one)));
    // Timers may have come up since all was quiet; so what is in flight, or pending, counts as what it will do.
    const expected = this.#model(new Set(this.#roots.keys()));
    const pending = this.#find({ ...cut, entities: new Map() }).egress;
    const [taken, due] = [[...records, ...pending], expected.egress].map((list) =>
      list.toSorted((a, b) => a - b).join(),
    );
    check(taken === due, () => `egress records are ${taken}, not ${due}`);
    this.checkCut(cut, this.known());
  }
}

function valuesOf(state: CutState | undefined): readonly RemoteValue[] {
  return (state?.['values'] ?? []) as readonly RemoteValue[];
}

function bytesOf(state: CutState | undefined, name: string): string | undefined {
  const found = valuesOf(state).find(([known]) => known === name);
  return found === undefined ? undefined : Buffer.from(found[2]).toString();
}

function countOf(state: CutState): number {
  return Number(state['count'] ?? bytesOf(state, 'count') ?? 0);
}
