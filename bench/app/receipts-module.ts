/**
 * Orders of a shop, of which one in 200 wants a signed receipt. The signature takes some tens of milliseconds of a core.
 * As it was written first, and, where the module's URL says `?signing=aside`, as it was put right: the worked example of
 * `bench/README.md`.
 */
import { scrypt, scryptSync } from 'node:crypto';
import { promisify } from 'node:util';
import { defineFunction, defineModule, value } from '../../src/index.ts';

export interface Order {
  readonly number: number;
  readonly wantsReceipt: boolean;
}

const KEY = 'the key of the shop';
const KEY_BYTES = 32;
const state = { count: value({ initial: 0 }) };
const signAside = promisify<string, string, number, Buffer>(scrypt);

const signingInside = defineFunction({
  type: 'shop/order',
  state,
  invoke(ctx, order: Order) {
    ctx.state.count += 1;
    if (order.wantsReceipt) signReceipt(order);
    ctx.reply(order.number);
  },
});

function signReceipt(order: Order): Buffer {
  return scryptSync(String(order.number), KEY, KEY_BYTES);
}

const signingAside = defineFunction({
  type: 'shop/order',
  state,
  async invoke(ctx, order: Order) {
    ctx.state.count += 1;
    if (order.wantsReceipt) await signAside(String(order.number), KEY, KEY_BYTES);
    ctx.reply(order.number);
  },
});

const isAside = new URL(import.meta.url).searchParams.get('signing') === 'aside';

export default defineModule({ functions: [isAside ? signingAside : signingInside] });
