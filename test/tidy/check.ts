/** All tidy checks over one tree. The root is an argument, so that the checks themselves are tested on small bad trees. */
import { checkCycles } from './cycles.ts';
import { checkFloors } from './floors.ts';
import { TOP_LEVEL } from './house.ts';
import { checkPackages } from './packages.ts';
import { checkRatchets } from './ratchet.ts';
import { readTree, type Tree } from './tree.ts';
import type { Violation } from './violation.ts';
import { checkWords } from './words.ts';

export function checkTree(root: string, exceptions: Readonly<Record<string, number>>): Violation[] {
  const tree = readTree(root);
  return [
    ...checkTopLevel(tree),
    ...checkFloors(tree),
    ...checkCycles(tree),
    ...checkPackages(tree),
    ...checkWords(tree),
    ...checkRatchets(tree, exceptions),
  ];
}

function checkTopLevel({ topLevel }: Tree): Violation[] {
  return topLevel
    .filter((name) => !TOP_LEVEL.includes(name))
    .map((path) => ({
      rule: 'top-level',
      path,
      message: 'the top level is closed: put it beside what it serves (tool settings: test/config/)',
    }));
}
