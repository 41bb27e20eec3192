/**
 * What a shelf is told to do, and what comes of it: an order is a seed, of which its actions follow, so that whoever
 * knows which orders a shelf has carried out knows all that it holds.
 */
import { Prng } from '../../src/base/prng.ts';

/** Keys that are prefixes of each other, at both sides of the surrogates, and one at the end of every range. */
const KEYS = ['a', 'ab', 'ab/1', 'ab/2', 'b', 'é', '\uffee', '\u{10000}', '\u{10ffff}'] as const;
const MANY_COUNT = 300;

export type Action =
  | { readonly do: 'set' | 'count'; readonly key: string; readonly value: number }
  | { readonly do: 'remove'; readonly key: string }
  | { readonly do: 'fill'; readonly count: number; readonly value: number }
  | { readonly do: 'append' | 'replace'; readonly elements: readonly number[] }
  | { readonly do: 'clear'; readonly name: 'items' | 'counts' | 'log' }
  | { readonly do: 'delete' | 'fail' };

export interface Order {
  readonly key: string;
  readonly seed: number;
}

function elements(prng: Prng): number[] {
  return Array.from({ length: prng.below(4) }, () => prng.below(1_000));
}

function action(prng: Prng): Action {
  const dice = prng.below(100);
  if (dice < 35) return { do: 'set', key: prng.pick(KEYS), value: prng.below(1_000) };
  if (dice < 45) return { do: 'count', key: prng.pick(KEYS), value: 1 + prng.below(9) };
  if (dice < 57) return { do: 'remove', key: prng.pick(KEYS) };
  if (dice < 60) return { do: 'fill', count: 1 + prng.below(MANY_COUNT), value: prng.below(1_000) };
  if (dice < 75) return { do: 'append', elements: elements(prng) };
  if (dice < 82) return { do: 'replace', elements: elements(prng) };
  if (dice < 91) return { do: 'clear', name: prng.pick(['items', 'counts', 'log'] as const) };
  return { do: dice < 96 ? 'delete' : 'fail' };
}

export function actionsOf({ seed }: Order): Action[] {
  const prng = new Prng(seed);
  return Array.from({ length: 1 + prng.below(7) }, () => action(prng));
}

export function failsOf(order: Order): boolean {
  return actionsOf(order).some((each) => each.do === 'fail');
}

/** What one address holds. */
export class ShelfModel {
  readonly items = new Map<string, number>();
  readonly counts = new Map<string, number>();
  log: number[] = [];

  carryOut(each: Action): void {
    if (each.do === 'set') this.items.set(each.key, each.value);
    else if (each.do === 'count') this.counts.set(each.key, (this.counts.get(each.key) ?? 0) + each.value);
    else if (each.do === 'remove') this.items.delete(each.key);
    else if (each.do === 'fill') for (const key of manyKeys(each.count)) this.items.set(key, each.value);
    else if (each.do === 'append') this.log.push(...each.elements);
    else if (each.do === 'replace') this.log = [...each.elements];
    else if (each.do === 'clear') this.#clear(each.name);
    else if (each.do === 'delete') for (const name of ['items', 'counts', 'log'] as const) this.#clear(name);
  }

  #clear(name: 'items' | 'counts' | 'log'): void {
    if (name === 'log') this.log = [];
    else this[name].clear();
  }

  /** Entries of a table in the order of its keys. */
  sorted(name: 'items' | 'counts'): [string, number][] {
    return [...this[name]].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  }

  get text(): string {
    return JSON.stringify([this.sorted('items'), this.sorted('counts'), this.log]);
  }
}

/** More keys than a walk looks at together. */
export function manyKeys(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `ab/${index}`);
}

export const SHELF_KEYS: readonly string[] = KEYS;
