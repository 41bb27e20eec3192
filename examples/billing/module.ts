/**
 * Billing of subscriptions: a charge a month, payments that may fail, and dunning by delayed messages.
 *
 * ```
 *   subscribe, cancel ─► subscription "Kim" ── pay ──► invoice "Kim-3" ── charge ──► the payment provider
 *                         │   ▲   ▲                       │   ▲
 *                         │   │   └─── paid, unpaid ──────┘   └─ try again: in 1, 3 and 7 days
 *                         │   └─ next month
 *                         └─► notices
 * ```
 *
 * The provider is asked with `ctx.async`, under the id of the invoice as its idempotency key. When a crash leaves open
 * whether it was charged, the invoice asks again under the same key: it may ask twice, and charges once.
 */
import {
  type AsyncResult,
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  functionType,
  isAsyncResult,
  type Module,
  type StatefulFunction,
  value,
} from '../../src/index.ts';

export type SubscriptionMessage =
  | { readonly kind: 'subscribe'; readonly price: number }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'next month'; readonly after: number }
  | { readonly kind: 'paid' | 'unpaid'; readonly invoice: string };

export type InvoiceMessage = { readonly kind: 'pay'; readonly amount: number } | { readonly kind: 'try again' };

/** What the provider answers: whether the money came. It is away when its promise is rejected. */
export type Charge = (invoice: string, amount: number) => Promise<'paid' | 'declined'>;

export interface Notice {
  readonly customer: string;
  readonly invoice: string;
  readonly text: 'paid' | 'please pay' | 'suspended';
}

export const subscription = functionType<SubscriptionMessage>('billing/subscription');
export const invoice = functionType<InvoiceMessage | AsyncResult<'charge', 'paid' | 'declined'>>('billing/invoice');
export const notices = defineEgress<Notice>({ type: 'billing/notices' });

const MONTH = '30 days';
/** How long an invoice waits before it is tried again, by how often it was declined. */
const DUNNING = ['1 day', '3 days', '7 days'] as const;
const OUTAGE = '10 min';
const NEXT_MONTH = 'next month';

type Status = 'none' | 'active' | 'suspended' | 'cancelled';

const subscriptionState = {
  status: value<Status>({ initial: 'none' }),
  price: value({ initial: 0 }),
  invoiceCount: value({ initial: 0 }),
  paidCount: value({ initial: 0 }),
};

export const subscriptionFunction = defineFunction({
  type: subscription,
  state: subscriptionState,
  invoke(ctx, message) {
    const { state } = ctx;
    switch (message.kind) {
      case 'subscribe':
        state.price = message.price;
        if (state.status === 'active') return;
        state.status = 'active';
        return bill(ctx);
      case 'cancel':
        state.status = 'cancelled';
        return void ctx.cancel(NEXT_MONTH);
      case 'next month':
        // It may have been on its way already when the subscription ended, and perhaps began anew.
        return state.status === 'active' && state.invoiceCount === message.after ? bill(ctx) : undefined;
      case 'paid':
        state.paidCount++;
        return;
      case 'unpaid':
        if (state.status !== 'active') return;
        state.status = 'suspended';
        ctx.cancel(NEXT_MONTH);
        ctx.egress(notices, { customer: ctx.self.id, invoice: message.invoice, text: 'suspended' });
        return;
    }
  },
});

/** One invoice now, and the next in a month. */
function bill(ctx: Context<typeof subscriptionState>): void {
  const number = ++ctx.state.invoiceCount;
  ctx.send(invoice, `${ctx.self.id}-${number}`, { kind: 'pay', amount: ctx.state.price });
  ctx.sendAfter(MONTH, subscription, ctx.self.id, { kind: 'next month', after: number }, { token: NEXT_MONTH });
}

const invoiceState = {
  status: value<'open' | 'paid' | 'unpaid'>({ initial: 'open' }),
  customer: value<string>(),
  amount: value({ initial: 0 }),
  declinedCount: value({ initial: 0 }),
};

type InvoiceContext = Context<typeof invoiceState>;

function invoiceFunction(
  charge: Charge,
): StatefulFunction<InvoiceMessage | AsyncResult<'charge', 'paid' | 'declined'>, unknown, typeof invoiceState> {
  const begin = (ctx: InvoiceContext): void => {
    const { id } = ctx.self;
    const { amount } = ctx.state;
    // The invocation returns at once; what comes of it is a message of its own.
    ctx.async('charge', () => charge(id, amount));
  };
  return defineFunction({
    type: invoice,
    state: invoiceState,
    invoke(ctx: InvoiceContext, message) {
      if (isAsyncResult(message)) return conclude(ctx, message, begin);
      if (message.kind === 'pay') {
        ctx.state.customer = ctx.caller?.id;
        ctx.state.amount = message.amount;
      }
      begin(ctx);
    },
  });
}

function conclude(
  ctx: InvoiceContext,
  result: AsyncResult<'charge', 'paid' | 'declined'>,
  begin: (ctx: InvoiceContext) => void,
): void {
  // After a crash nobody knows whether it was charged. The provider does, by the id of the invoice.
  if (result.status === 'unknown') return begin(ctx);
  if (result.status === 'failure') return ctx.sendAfter(OUTAGE, invoice, ctx.self.id, { kind: 'try again' });
  if (result.value === 'paid') return end(ctx, 'paid');
  const delay = DUNNING[ctx.state.declinedCount++];
  if (delay === undefined) return end(ctx, 'unpaid');
  notify(ctx, 'please pay');
  ctx.sendAfter(delay, invoice, ctx.self.id, { kind: 'try again' });
}

function end(ctx: InvoiceContext, status: 'paid' | 'unpaid'): void {
  ctx.state.status = status;
  const { customer } = ctx.state;
  if (customer !== undefined) ctx.send(subscription, customer, { kind: status, invoice: ctx.self.id });
  if (status === 'paid') notify(ctx, 'paid');
}

function notify(ctx: InvoiceContext, text: Notice['text']): void {
  ctx.egress(notices, { customer: ctx.state.customer ?? '', invoice: ctx.self.id, text });
}

/** The module around a payment provider: the real one in production, a pretended one in tests. */
export function billingModule(charge: Charge): Module {
  return defineModule({ functions: [subscriptionFunction, invoiceFunction(charge)], egresses: [notices] });
}
