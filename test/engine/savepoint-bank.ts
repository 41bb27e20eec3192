/**
 * A bank for tests of savepoints: money walks from account to account, so some of it is always in a message, and what the
 * accounts hold together says whether any was lost or doubled. They also count the visits, so that together they know how
 * far all walks have come. Every walk that ends leaves a record in an egress.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { defineEgress, defineFunction, defineModule, list, table, value } from '../../src/index.ts';

export const ACCOUNT_COUNT = 400;

export interface Walk {
  readonly amount: number;
  readonly hops: number;
  readonly seed: number;
}

export const ended = defineEgress<number>({ type: 'bank/ended' });

export const account = defineFunction({
  type: 'bank/account',
  state: {
    balance: value({ initial: 0 }),
    visits: value({ initial: 0 }),
    last: value<{ seed: number; path: string[] }>(),
  },
  invoke(ctx, message: Walk | 'balance' | 'visits' | { readonly deposit: number }) {
    if (message === 'balance' || message === 'visits') {
      ctx.reply(ctx.state[message]);
    } else if ('deposit' in message) {
      ctx.state.balance += message.deposit;
    } else {
      const { amount, hops, seed } = message;
      ctx.state.visits++;
      ctx.state.last = { seed, path: [ctx.self.id, 'ä'] };
      if (hops === 0) {
        ctx.state.balance += amount;
        ctx.egress(ended, seed);
        return;
      }
      const next = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1;
      ctx.send(account, `account-${next % ACCOUNT_COUNT}`, { amount, hops: hops - 1, seed: next });
    }
  },
});

/** Ends the shard soon; the file remembers it, so that the same message, sent again, does no more harm. */
function failOnce(file: string): void {
  if (existsSync(file)) return;
  writeFileSync(file, '');
  setTimeout(() => {
    throw new Error('this shard was told to fail');
  }, 1);
}

export const note = defineFunction({
  type: 'bank/note',
  state: { text: value<string>() },
  invoke(ctx, message: { readonly write: string } | { readonly failOnce: string } | 'read') {
    if (message === 'read') ctx.reply(ctx.state.text);
    else if ('write' in message) ctx.state.text = message.write;
    else failOnce(message.failOnce);
  },
});

/** Keeps things in a table and a list; `read` replies all that it holds. */
export const drawer = defineFunction({
  type: 'bank/drawer',
  state: { label: value<string>(), things: table<unknown>(), log: list<unknown>() },
  async invoke(ctx, message: { readonly key: string; readonly thing: unknown } | 'read' | 'delete') {
    const { things, log } = ctx.state;
    if (message === 'delete') return ctx.delete();
    if (message !== 'read') {
      things.set(message.key, message.thing);
      log.append(message.thing as null);
      return;
    }
    const all: unknown[] = [];
    for await (const entry of things.entries()) all.push(entry);
    ctx.reply([all, [...log.view()]]);
  },
});

export default defineModule({ functions: [account, note, drawer], egresses: [ended] });
