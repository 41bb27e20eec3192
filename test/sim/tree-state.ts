/**
 * What the functions of command trees hold, read off a committed cut or the memory of shards into a model of its own,
 * to be compared with what it must be. A schedule that has not come yet is something in flight.
 */
import type { Address } from '../../src/index.ts';
import type { Target } from '../smoke/command-tree.ts';
import { OPEN, targetOf, type TreeMessage } from '../smoke/tree-messages.ts';
import { keyOf, type Model } from '../smoke/tree-model.ts';
import { check } from '../../src/testing/violation.ts';
import { partsOf } from './state-rows.ts';

/** Returns schedules that have not come yet. */
export function readHeld(
  found: Model,
  counts: Iterable<readonly [address: Address, count: unknown]>,
  rows: Iterable<readonly [key: string, value: unknown]>,
): { readonly self: Target; readonly message: TreeMessage }[] {
  const open: { readonly self: Target; readonly message: TreeMessage }[] = [];
  for (const [address, count] of counts) found.hold(targetOf(address), { count: Number(count ?? 0) });
  for (const { address, name, key, value } of partsOf(rows)) {
    const self = targetOf(address);
    const { entries, elements } = found.heldBy(self);
    if (name === OPEN) open.push({ self, message: value as TreeMessage });
    else if (key === undefined) found.hold(self, { elements: [...elements, value as number] });
    else {
      check(key === keyOf(value as number), () => `entry ${key} is ${String(value)}`);
      found.hold(self, { entries: [...entries, value as number] });
    }
  }
  return open;
}
