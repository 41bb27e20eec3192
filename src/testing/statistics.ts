/**
 * What happened in simulated runs: so that it is visible, and can be demanded, that all of it does happen.
 */

import type { CommittedCut } from './committed-cut.ts';

export class Statistics {
  steps = 0;
  commits = 0;
  crashes = 0;
  kills = 0;
  deathsWhileStarting = 0;
  shardFailures = 0;
  recoveries = 0;
  failuresWhileRecovering = 0;
  processFailures = 0;
  /** Shards whose thread a message has ended, and messages that may do so no more. */
  threadDeaths = 0;
  quarantines = 0;
  faults = 0;
  failedSyncs = 0;
  fullDisks = 0;
  savepoints = 0;
  /** Processes that started from one. */
  moves = 0;
  reshards = 0;
  coldFetches = 0;
  evictions = 0;
  cuts = 0;
  cutMessages = 0;
  foldedEntities = 0;
  spilledBlocks = 0;

  addCut({ messages, storedCount }: CommittedCut): void {
    this.cuts++;
    this.cutMessages += messages.length;
    this.foldedEntities += storedCount;
  }

  add(other: Statistics): void {
    for (const name of Object.keys(this) as (keyof Statistics)[]) {
      if (name !== 'add' && name !== 'addCut' && name !== 'lines') this[name] += other[name];
    }
  }

  /** For people. */
  lines(): string {
    return Object.entries(this)
      .map(([name, count]) => `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${count}`)
      .join(', ');
  }
}
