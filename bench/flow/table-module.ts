/**
 * One entity with a table of counters. It fills the table, touches one entry after the other, each in a message of its
 * own that it sends to itself, and adds all of them up.
 */
import { type Address, defineFunction, defineModule, table } from '../../src/index.ts';

export type TableMessage =
  | { readonly do: 'fill'; readonly from: number; readonly end: number }
  | {
      readonly do: 'touch';
      readonly at: number;
      readonly left: number;
      readonly size: number;
      readonly asker?: Address;
    }
  | { readonly do: 'sum' };

/** Has no factor in common with the sizes, so that all entries come up before one does again. */
const STRIDE = 618_033;

function keyOf(index: number): string {
  return `entry-${String(index).padStart(8, '0')}`;
}

const counters = defineFunction({
  type: 'bench/table',
  state: { counts: table({ initial: 0 }) },
  invoke(ctx, message: TableMessage): void | Promise<void> {
    const { counts } = ctx.state;
    if (message.do === 'fill') {
      for (let index = message.from; index < message.end; index++) counts.set(keyOf(index), 0);
      ctx.reply(message.end);
    } else if (message.do === 'touch') {
      const { at, left, size, asker = ctx.caller } = message;
      const key = keyOf(at);
      counts.set(key, counts.get(key) + 1);
      const next = { do: 'touch', at: (at + STRIDE) % size, left: left - 1, size, asker } as const;
      if (left > 1) ctx.send('bench/table', ctx.self.id, next);
      else if (asker !== undefined) ctx.send(asker.type, asker.id, at);
    } else {
      return sum(counts.values()).then((total) => ctx.reply(total));
    }
  },
});

async function sum(values: AsyncIterable<number>): Promise<number> {
  let total = 0;
  for await (const each of values) total += each;
  return total;
}

export default defineModule({ functions: [counters] });
