/**
 * An exhaustive explorer of concurrent programs: from every state that can be reached it takes every possible next step
 * of every thread, so that no interleaving is left out. A state is what the memory holds and all that each thread has
 * seen (hence all that each will do); states that were reached before are not entered again. Depth first, and the
 * way to the first state that must not be is the counterexample.
 *
 * Two threads that wait for each other show up as a state without a next step. A thread must not spin: it says what it
 * waits for (`awaitChange`), or there would be no end of states.
 */
import { type MemoryShape, MemoryState } from './memory-model.ts';
import { type Operation, Violation } from './operation.ts';
import { History, type Next, type Program, withSteppedAtomics } from './stepped-thread.ts';

export interface System {
  readonly buffer: SharedArrayBuffer;
  readonly shape: Omit<MemoryShape, 'threadCount'>;
  readonly threads: readonly { readonly name: string; readonly program: Program }[];
  /** A rule of the protocol that each access must keep; returns what is wrong with it. */
  readonly guard?: (thread: number, operation: Operation, memory: MemoryState) => string | undefined;
}

export interface Verdict {
  readonly stateCount: number;
  readonly stepCount: number;
  /** What went wrong, and by which steps; undefined when nothing can. */
  readonly violation: { readonly what: string; readonly trace: readonly string[] } | undefined;
}

interface State {
  readonly memory: MemoryState;
  readonly histories: readonly History[];
}

interface Step {
  readonly state: State;
  /** How it was reached, in words; only a counterexample is ever told. */
  readonly tell: () => string;
}

/** Far beyond any finite program here: a longer way means that some thread goes round in circles. */
const DEPTH_MAX = 1_000;

export function explore(system: System): Promise<Verdict> {
  return withSteppedAtomics(() => new Exploration(system).run());
}

class Exploration {
  readonly #system: System;
  readonly #seen = new Set<string>();
  readonly #path: { readonly tell: () => string; readonly steps: Step[] }[] = [];
  #stepCount = 0;

  constructor(system: System) {
    this.#system = system;
  }

  async run(): Promise<Verdict> {
    let violation: Verdict['violation'];
    try {
      await this.#enter({ state: this.#start(), tell: () => 'start' });
      while (this.#path.length > 0) await this.#goOn();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = { what: error.message, trace: this.#path.map(({ tell }) => tell()) };
    }
    return { stateCount: this.#seen.size, stepCount: this.#stepCount, violation };
  }

  #start(): State {
    const { shape, threads } = this.#system;
    return {
      memory: MemoryState.initial({ ...shape, threadCount: threads.length }),
      histories: threads.map(({ program }) => History.begin(program)),
    };
  }

  async #goOn(): Promise<void> {
    const step = this.#path.at(-1)?.steps.pop();
    if (step === undefined) {
      this.#path.pop();
      return;
    }
    this.#stepCount++;
    await this.#enter(step);
  }

  async #enter({ state, tell }: Step): Promise<void> {
    const key = `${state.histories.map(({ id }) => id).join()}|${state.memory.key}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    for (const history of state.histories) {
      if (history.next === undefined) await history.expand(this.#system.buffer);
    }
    const frame = { tell, steps: [] as Step[] };
    this.#path.push(frame);
    if (this.#path.length > DEPTH_MAX) throw new Violation('no end of steps');
    frame.steps.push(...this.#stepsFrom(state));
  }

  #stepsFrom(state: State): Step[] {
    const steps = this.#system.threads.flatMap((_thread, index) => this.#stepsOf(index, state));
    const nexts = state.histories.map(({ next }) => next as Next);
    if (steps.length === 0 && nexts.some(({ kind }) => kind !== 'done')) {
      throw new Violation(`no thread can go on: ${nexts.map((next, index) => this.#label(index, next)).join(', ')}`);
    }
    return steps;
  }

  #stepsOf(thread: number, { memory, histories }: State): Step[] {
    const history = histories[thread];
    const next = history.next as Next;
    if (next.kind === 'done') return [];
    if (next.kind === 'failed') throw this.#violation(thread, next, String(next.error));
    return this.#outcomes(thread, next, memory).map(({ memory: after, result }) => ({
      state: { memory: after, histories: histories.with(thread, history.after(result)) },
      tell: () => `${this.#label(thread, next)} → ${result}`,
    }));
  }

  #outcomes(thread: number, next: Operation, memory: MemoryState): ReturnType<MemoryState['outcomes']> {
    const wrong = this.#system.guard?.(thread, next, memory);
    if (wrong !== undefined) throw this.#violation(thread, next, wrong);
    try {
      return memory.outcomes(thread, next);
    } catch (error) {
      throw error instanceof Violation ? this.#violation(thread, next, error.message) : error;
    }
  }

  #violation(thread: number, next: Next, what: string): Violation {
    return new Violation(`${this.#label(thread, next)}: ${what}`);
  }

  #label(thread: number, next: Next): string {
    const { name } = this.#system.threads[thread];
    const details = Object.entries(next).filter(([key]) => key !== 'kind' && key !== 'error');
    return [name, next.kind, ...details.map(([key, value]) => `${key} ${String(value)}`)].join(' ');
  }
}
