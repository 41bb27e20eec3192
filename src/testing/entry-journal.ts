/**
 * The directories of the simulated disk, and the journal of what was made, renamed and removed in them and is not
 * durable yet. A change is one entry set or cleared, or, for a rename, two at once: it is durable as a whole or not
 * at all. Changes of different names are independent of each other; those of one name stay in order.
 */
import type { Prng } from '../base/prng.ts';
import type { SimulatedFile } from './simulated-file.ts';

export type SimulatedNode = SimulatedFile | SimulatedDirectory;

export class SimulatedDirectory {
  readonly number: number;
  /** As a reader sees them. */
  readonly entries: Map<string, SimulatedNode> = new Map();
  /** As they would be after a power loss that loses all it can. */
  readonly durableEntries: Map<string, SimulatedNode> = new Map();

  constructor(number: number) {
    this.number = number;
  }
}

/** One name and what it stands for from now on; `undefined` for nothing. */
export interface EntryValue {
  readonly directory: SimulatedDirectory;
  readonly name: string;
  readonly node: SimulatedNode | undefined;
}

interface EntryChange {
  /** Counts all changes of the journal. */
  readonly number: number;
  readonly values: readonly EntryValue[];
  /** A directory that was removed by it, or replaced. */
  readonly removed: SimulatedDirectory | undefined;
}

/** As with the writes of a file: all and nothing have to occur, too. */
const SURVIVAL_CHANCES: readonly number[] = [0, 0.5, 0.9, 1];

export class EntryJournal {
  #changes: EntryChange[] = [];
  #changeCount = 0;

  /** How many changes there were: what a sync that is called now has to cover. */
  get changeCount(): number {
    return this.#changeCount;
  }

  change(values: readonly EntryValue[], removed?: SimulatedDirectory): void {
    for (const value of values) setEntry(value.directory.entries, value);
    this.#changes.push({ number: ++this.#changeCount, values, removed });
  }

  completeSync(directory: SimulatedDirectory, changeCount: number): void {
    this.#makeDurable(new Set([`${directory.number}/`]), changeCount);
  }

  /** Makes one name durable, as it is now, and nothing else that does not depend on it. */
  makeEntryDurable(directory: SimulatedDirectory, name: string): void {
    this.#makeDurable(new Set([`${directory.number}/${name}`]), this.#changeCount);
  }

  /** Power loss: each change survives or not; never one of a name of which an earlier one was lost. */
  crash(random: Prng): void {
    const survival = random.pick(SURVIVAL_CHANCES);
    const lost = new Set<string>();
    for (const { values } of this.#changes) {
      const keys = values.map(keyOf);
      if (random.chance(survival) && !keys.some((key) => lost.has(key))) persist(values);
      else for (const key of keys) lost.add(key);
    }
    this.#changes = [];
  }

  /** The same journal over copies of the directories and files. */
  clone(copyOf: <Node extends SimulatedNode | undefined>(node: Node) => Node): EntryJournal {
    const copy = new EntryJournal();
    copy.#changeCount = this.#changeCount;
    copy.#changes = this.#changes.map(({ number, values, removed }) => ({
      number,
      values: values.map(({ directory, name, node }) => ({ directory: copyOf(directory), name, node: copyOf(node) })),
      removed: copyOf(removed),
    }));
    return copy;
  }

  /**
   * Goes backwards, so that what a change depends on comes along: what happened to its names before, in the other
   * directory, too, if it moved something over, and what happened in a directory before that was removed, or it would stay here
   * for ever.
   */
  #makeDurable(wanted: Set<string>, changeCount: number): void {
    const taken = new Set<EntryChange>();
    for (const change of this.#changes.toReversed()) {
      const keys = change.values.flatMap((value) => [keyOf(value), `${value.directory.number}/`]);
      if (change.number > changeCount || !keys.some((key) => wanted.has(key))) continue;
      taken.add(change);
      for (const value of change.values) wanted.add(keyOf(value));
      if (change.removed !== undefined) wanted.add(`${change.removed.number}/`);
    }
    for (const change of this.#changes) if (taken.has(change)) persist(change.values);
    this.#changes = this.#changes.filter((change) => !taken.has(change));
  }
}

/** A name has no slash, so no key of an entry is that of a whole directory. */
function keyOf({ directory, name }: EntryValue): string {
  return `${directory.number}/${name}`;
}

function persist(values: readonly EntryValue[]): void {
  for (const value of values) setEntry(value.directory.durableEntries, value);
}

function setEntry(entries: Map<string, SimulatedNode>, { name, node }: EntryValue): void {
  if (node === undefined) entries.delete(name);
  else entries.set(name, node);
}
