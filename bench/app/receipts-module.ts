/**
 * Orders of a shop, of which one in 200 wants a signed receipt. The signature takes some tens of milliseconds of a core.
 * As it was written first, and, where the module's URL says `?signing=aside`, as it was put right: the worked example of
 * `bench/README.md`. It may say, too, how long a body orders have.
 */
import { scrypt, scryptSync } from 'node:crypto';
import { promisify } from 'node:util';
import { defineFunction, defineModule, value } from '../../src/index.ts';
import { isWhole } from '../flow/message-body.ts';

export interface Order {
  readonly number: number;
  readonly wantsReceipt: boolean;
  readonly body?: Uint8Array;
}

/** Asks how many orders there were. */
export type CountQuestion = 'count?';

const { searchParams } = new URL(import.meta.url);
const bytes = Number(searchParams.get('bytes') ?? 0);
const KEY = 'the key of the shop';
const KEY_BYTES = 32;
const state = { count: value({ initial: 0 }) };
const signAside = promisify<string, string, number, Buffer>(scrypt);

const signingInside = defineFunction({
  type: 'shop/order',
  state,
  invoke(ctx, order: Order | CountQuestion) {
    if (order === 'count?') return ctx.reply(ctx.state.count);
    countOrder(ctx.state, order);
    if (order.wantsReceipt) signReceipt(order);
    ctx.reply(order.number);
  },
});

function countOrder(counted: { count: number }, { number, body }: Order): void {
  if (body === undefined ? bytes !== 0 : !isWhole(body, bytes))
    throw new Error(`Of order ${number} a part is missing.`);
  counted.count += 1;
}

function signReceipt(order: Order): Buffer {
  return scryptSync(String(order.number), KEY, KEY_BYTES);
}

const signingAside = defineFunction({
  type: 'shop/order',
  state,
  async invoke(ctx, order: Order | CountQuestion) {
    if (order === 'count?') return ctx.reply(ctx.state.count);
    countOrder(ctx.state, order);
    if (order.wantsReceipt) await signAside(String(order.number), KEY, KEY_BYTES);
    ctx.reply(order.number);
  },
});

const isAside = searchParams.get('signing') === 'aside';

export default defineModule({ functions: [isAside ? signingAside : signingInside] });
