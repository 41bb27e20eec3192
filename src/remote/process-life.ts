/**
 * What a function process beside a shard is made of, what it gives to those who call it, and what is said of it. Types
 * only: the supervisor keeps the process alive.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Timers } from '../base/timers.ts';
import type { Launched, LaunchOrder } from './kept-process.ts';
import type { Endpoint } from './transport.ts';

/** What it stands on: the machine, or a test. */
export interface ProcessGround {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  launch(order: LaunchOrder): Launched;
  /** Whether somebody takes connections there. */
  reaches(socketPath: string): Promise<boolean>;
  /** The way of the calls to it. */
  endpointAt(socketPath: string): Endpoint;
}

/** A process from when it serves to when it has ended. */
export interface ProcessLife {
  readonly endpoint: Endpoint;
  /** Whether it has ended; its endpoint takes no calls any more then. */
  isOver: boolean;
}

export type ProcessState = 'starting' | 'running' | 'pausing' | 'stopped';

/** What `engine.endpoints()` says of a process, as its shard sees it. Plain data: it travels. */
export interface ProcessStatus {
  readonly name: string;
  readonly state: ProcessState;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** Of the process, 0 if there is none. */
  readonly pid: number;
  /** How often it was started. */
  readonly startCount: number;
  /** Why it ended last; null if it never has. */
  readonly reason: string | null;
  /** Calls that wait until it serves. */
  readonly waitingCount: number;
}
