/**
 * What does and does not compile around `ctx.async` and its results. This file is only ever compiled (`npm run
 * typecheck`): every line below a `@ts-expect-error` must be an error, and everything else must not be one.
 */
import { type AsyncResult, defineFunction, defineModule, isAsyncResult } from '../../src/index.ts';

interface Order {
  readonly kind: 'order';
  readonly item: string;
}

declare function pay(item: string): Promise<{ readonly receipt: number }>;

const till = defineFunction({
  type: 'shop/till',
  invoke(ctx, message: Order | AsyncResult<Order, { readonly receipt: number }>) {
    if (isAsyncResult(message)) {
      message.metadata.item.toUpperCase();
      if (message.status === 'success') message.value.receipt.toFixed();
      if (message.status === 'failure') message.error.message.trim();
      // @ts-expect-error -- nobody knows how it ended
      if (message.status === 'unknown') message.value.receipt.toFixed();
      // @ts-expect-error -- a result is no order
      message.item.trim();
      return;
    }
    // What is left is the order.
    const { item } = message;
    ctx.async(message, pay(item));
    ctx.async(message, () => pay(item));
    // @ts-expect-error -- nothing to wait for
    ctx.async(message, item);
    // @ts-expect-error -- without metadata nobody knows what the result is of
    ctx.async(pay(item));
  },
});

export const shop = defineModule({
  functions: [
    till,
    defineFunction({
      type: 'shop/door',
      invoke(ctx, item: string) {
        ctx.send(till, 'east', { kind: 'order', item });
        // @ts-expect-error -- neither an order nor a result
        ctx.send(till, 'east', { kind: 'async', item });
      },
    }),
  ],
});
