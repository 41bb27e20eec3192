/**
 * Carts and the inventory they draw on, after the example in "Stateful Functions Internals" (Apache Flink blog, 2020):
 *
 * ```
 *   AddToCart ─► cart "Kim" ── RequestItem ──► inventory "socks"
 *                   │   ▲                         │
 *                   │   └─ ItemReserved ◄─────────┤
 *                   │   └─ ItemUnavailable ◄──────┘
 *                   └─► AddToCartResult, Receipt (egresses)
 * ```
 *
 * All who want socks meet at one entity, which handles one request at a time: that alone is why nothing is oversold.
 */
import { type Context, defineEgress, defineFunction, defineModule, functionType, value } from '../../src/index.ts';

/** What shoppers send to a cart. */
export type ShopperMessage =
  | { readonly kind: 'AddToCart'; readonly item: string; readonly quantity: number }
  | { readonly kind: 'ClearCart' }
  | { readonly kind: 'Checkout' };

/** What the inventory of one item answers to a cart. */
export interface Reservation {
  readonly kind: 'ItemReserved' | 'ItemUnavailable';
  readonly item: string;
  readonly quantity: number;
}

export type InventoryMessage =
  | { readonly kind: 'Restock' | 'RequestItem' | 'ReturnItem'; readonly quantity: number }
  | { readonly kind: 'CountStock' };

export interface StockLevel {
  readonly kind: 'StockLevel';
  readonly units: number;
}

export interface AddToCartResult {
  readonly cart: string;
  readonly item: string;
  readonly quantity: number;
  readonly status: 'reserved' | 'unavailable';
}

export interface Receipt {
  readonly cart: string;
  /** Units by item. */
  readonly items: Readonly<Record<string, number>>;
}

export const cart = functionType<ShopperMessage | Reservation>('shop/cart');
export const inventory = functionType<InventoryMessage, Reservation | StockLevel>('shop/inventory');
export const addToCartResults = defineEgress<AddToCartResult>({ type: 'shop/add-to-cart-results' });
export const receipts = defineEgress<Receipt>({ type: 'shop/receipts' });

const cartState = { items: value<Readonly<Record<string, number>>>({ initial: {} }) };

function keep(ctx: Context<typeof cartState>, { kind, item, quantity }: Reservation): void {
  const reserved = kind === 'ItemReserved';
  if (reserved) ctx.state.items = { ...ctx.state.items, [item]: (ctx.state.items[item] ?? 0) + quantity };
  ctx.egress(addToCartResults, {
    cart: ctx.self.id,
    item,
    quantity,
    status: reserved ? 'reserved' : 'unavailable',
  });
}

const cartFunction = defineFunction({
  type: cart,
  state: cartState,
  invoke(ctx, message) {
    switch (message.kind) {
      case 'AddToCart':
        // The answer comes as a message of its own; until then the cart goes on with other things.
        return ctx.send(inventory, message.item, { kind: 'RequestItem', quantity: message.quantity });
      case 'ItemReserved':
      case 'ItemUnavailable':
        return keep(ctx, message);
      case 'ClearCart':
        for (const [item, quantity] of Object.entries(ctx.state.items)) {
          ctx.send(inventory, item, { kind: 'ReturnItem', quantity });
        }
        ctx.clear('items');
        return;
      case 'Checkout':
        ctx.egress(receipts, { cart: ctx.self.id, items: ctx.state.items });
        ctx.clear('items');
        return;
    }
  },
});

const inventoryFunction = defineFunction({
  type: inventory,
  state: { units: value({ initial: 0 }) },
  invoke(ctx, message) {
    switch (message.kind) {
      case 'Restock':
      case 'ReturnItem':
        ctx.state.units += message.quantity;
        return;
      case 'RequestItem': {
        const { quantity } = message;
        const isEnough = quantity <= ctx.state.units;
        if (isEnough) ctx.state.units -= quantity;
        ctx.reply({ kind: isEnough ? 'ItemReserved' : 'ItemUnavailable', item: ctx.self.id, quantity });
        return;
      }
      case 'CountStock':
        ctx.reply({ kind: 'StockLevel', units: ctx.state.units });
        return;
    }
  },
});

export default defineModule({ functions: [cartFunction, inventoryFunction], egresses: [addToCartResults, receipts] });
