/**
 * The cyclic storm: every message makes two, for a bounded number of generations, to entities all over the shards. With
 * `generations` g, 2^(g+1) - 1 messages are processed in all, and half of them are in flight at once, whatever the rings
 * can hold. Where a message goes depends on nothing but itself, so that every run is the same work.
 */
import {
  type Context,
  defineFunction,
  defineModule,
  type StatefulFunction,
  value,
  type ValueSpec,
} from '../../src/index.ts';

export interface StormMessage {
  /** Generations still to come. */
  readonly generations: number;
  /** Says where the message goes and what it carries. */
  readonly path: number;
  readonly ballast: string;
}

export const ENTITY_COUNT = 64;
const BALLAST_CHARACTERS = 40;

function mixed(path: number): number {
  let hash = Math.imul(path ^ (path >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

export function stormMessage(generations: number, path: number): StormMessage {
  return { generations, path, ballast: String(path).padEnd(BALLAST_CHARACTERS, '.') };
}

export function stormTarget(path: number): string {
  return `storm-${mixed(path) % ENTITY_COUNT}`;
}

export interface StormCounts {
  readonly count: number;
  readonly damagedCount: number;
}

type StormState = { readonly count: ValueSpec<number>; readonly damagedCount: ValueSpec<number> };

/** Counts its messages, and how many of them came damaged; answers whoever asks for the counts. */
export const storm: StatefulFunction<StormMessage | 'counts', StormCounts, StormState> = defineFunction({
  type: 'smoke/storm',
  state: { count: value({ initial: 0 }), damagedCount: value({ initial: 0 }) },
  invoke(ctx: Context<StormState, StormCounts>, message: StormMessage | 'counts') {
    if (message === 'counts') {
      ctx.reply({ count: ctx.state.count, damagedCount: ctx.state.damagedCount });
      return;
    }
    const { generations, path, ballast } = message;
    ctx.state.count++;
    if (ballast !== stormMessage(0, path).ballast || ctx.self.id !== stormTarget(path)) ctx.state.damagedCount++;
    if (generations === 0) return;
    for (const child of [path * 2, path * 2 + 1]) {
      ctx.send(storm, stormTarget(child), stormMessage(generations - 1, child));
    }
  },
});

export default defineModule({ functions: [storm] });
