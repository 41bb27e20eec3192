/**
 * What a durable simulation runs: a module, the world around it, and the model that says what must come of it. The
 * world outlives the process; a workload remembers what its clients were told, whatever happened to the engine since.
 */
import type { SimulatedClock } from './simulated-clock.ts';
import type { CommittedCut } from './committed-cut.ts';
import type { DurableProcess } from './durable-process.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';
import type { Prng } from '../base/prng.ts';
import type { Module } from '../sdk/module.ts';
import type { MillraceError } from '../sdk/errors.ts';
import type { DurableSetting } from './durable-setting.ts';

export interface Outside {
  readonly prng: Prng;
  readonly clock: SimulatedClock;
  readonly fileSystem: SimulatedFileSystem;
  readonly setting: DurableSetting;
  /** Of the process that is, or comes next. */
  readonly shardCount: number;
  /** Resolves after some steps of the run, whatever the clock says: for what takes long, as work goes. */
  linger(): Promise<void>;
  /**
   * The thread of the shard dies that is in an invocation now, before its first await. Never returns, and calls `died`
   * unless the thread is dead already and its code has only not noticed.
   */
  killThread(died: () => void): never;
  /** For an invocation at an id: what kills its thread in the same way, but between turns, behind an await. */
  aimAtThread(id: string): (died: () => void) => never;
  /** Makes it part of the run's digest. */
  note(what: number): void;
  /** What is committed now. */
  readCut(): Promise<CommittedCut>;
}

export interface Workload {
  /** For one process. */
  newModule(): Module;
  /** A process takes messages now. */
  started(process: DurableProcess): void;
  /** It has died; what its clients were not told, they do not know. */
  died(): void;
  /** Somebody outside does something, if there is anything to do. */
  step(process: DurableProcess): boolean;
  /** Clients have been told of everything. */
  isDone(): boolean;
  invocationFailed(error: MillraceError): void;
  /** What the clients know now, to be held against a cut that is read later. */
  known(): ReadonlySet<string>;
  /** `known` is what the clients knew before the cut was read; `disk` is where it was read from. */
  checkCut(cut: CommittedCut, known: ReadonlySet<string>, disk: SimulatedFileSystem): void | Promise<void>;
  /** The cut after everything has been done. */
  checkEnd(cut: CommittedCut, disk: SimulatedFileSystem): void | Promise<void>;
  /** Told what happens to the engine, if it wants to know. */
  happened?(what: string): void;
  /** What it waits for, if it can say. */
  readonly waitsFor?: string;
}

export type NewWorkload = (outside: Outside) => Workload;
