/**
 * Fraud detection, after the example of the StateFun talks. A transaction gathers what is known of its account and its
 * merchant, has a model judge it, and raises an alert if it looks like fraud:
 *
 * ```
 *   ingress ─► transaction "t-17" ── query ──► account "Kim"     frauds that were confirmed in the last 30 days
 *                 │  ▲  ▲  ▲      └─ query ──► merchant "shop"   a score from a third party, kept for a week
 *                 │  │  │  └─ frauds, score ◄───────┘
 *                 │  │  └──── features ─► model
 *                 │  └─────── verdict ◄─────┘
 *                 └─► alerts
 * ```
 *
 * Each transaction is an entity of its own, so thousands wait for their merchants at once and none waits for another.
 */
import {
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  defineRouter,
  functionType,
  ingressType,
  type Module,
  type StatefulFunction,
  value,
} from '../../src/index.ts';

export interface Transaction {
  readonly kind: 'transaction';
  readonly id: string;
  readonly account: string;
  readonly merchant: string;
  readonly amount: number;
}

interface Frauds {
  readonly kind: 'frauds';
  readonly count: number;
}

interface Score {
  readonly kind: 'score';
  /** From 0, beyond doubt, to 100. */
  readonly score: number;
}

interface Verdict {
  readonly kind: 'verdict';
  readonly probability: number;
}

export interface Features {
  readonly amount: number;
  readonly frauds: number;
  readonly merchantScore: number;
}

export interface Alert {
  readonly transaction: string;
  readonly account: string;
  readonly probability: number;
}

/** Asks a third party how doubtful a merchant is. */
export type LookUpMerchant = (merchant: string) => Promise<number>;

export const transaction = functionType<Transaction | Frauds | Score | Verdict>('fraud/transaction');
export const account = functionType<'confirm fraud' | 'forget fraud' | 'query', Frauds>('fraud/account');
export const merchant = functionType<'query', Score>('fraud/merchant');
export const model = functionType<Features, Verdict>('fraud/model');
export const transactions = ingressType<Transaction>('fraud/transactions');
export const alerts = defineEgress<Alert>({ type: 'fraud/alerts' });

export const ALERT_PROBABILITY = 0.75;

const byId = defineRouter({
  ingress: transactions,
  route: (given, send) => send(transaction, given.id, given),
});

const transactionState = {
  transaction: value<Transaction>(),
  frauds: value<number>(),
  merchantScore: value<number>(),
};

export const transactionFunction: StatefulFunction<
  Transaction | Frauds | Score | Verdict,
  unknown,
  typeof transactionState
> = defineFunction({
  type: transaction,
  state: transactionState,
  invoke(ctx, message) {
    switch (message.kind) {
      case 'transaction':
        ctx.state.transaction = message;
        ctx.send(account, message.account, 'query');
        ctx.send(merchant, message.merchant, 'query');
        return;
      case 'frauds':
        ctx.state.frauds = message.count;
        return judge(ctx);
      case 'score':
        ctx.state.merchantScore = message.score;
        return judge(ctx);
      case 'verdict':
        return conclude(ctx, message.probability);
    }
  },
});

/** Once both answers are there, in whatever order they came. */
function judge(ctx: Context<typeof transactionState>): void {
  const { transaction: given, frauds, merchantScore } = ctx.state;
  if (given === undefined || frauds === undefined || merchantScore === undefined) return;
  // Models hold no state: one per account is enough to have all cores at work.
  ctx.send(model, given.account, { amount: given.amount, frauds, merchantScore });
}

function conclude(ctx: Context<typeof transactionState>, probability: number): void {
  const given = ctx.state.transaction;
  if (given !== undefined && probability >= ALERT_PROBABILITY) {
    ctx.egress(alerts, { transaction: given.id, account: given.account, probability });
  }
  ctx.delete();
}

export const accountFunction = defineFunction({
  type: account,
  state: { frauds: value({ initial: 0 }) },
  invoke(ctx, message) {
    if (message === 'query') return ctx.reply({ kind: 'frauds', count: ctx.state.frauds });
    ctx.state.frauds += message === 'confirm fraud' ? 1 : -1;
    if (message === 'confirm fraud') ctx.sendAfter('30 days', account, ctx.self.id, 'forget fraud');
  },
});

const merchantState = { score: value<number>({ expire: { after: '7 days' } }) };

/** The third party is slow and sometimes away. Meanwhile only those who want this very merchant wait. */
function merchantFunction(lookUp: LookUpMerchant): StatefulFunction<'query', Score, typeof merchantState> {
  return defineFunction({
    type: merchant,
    state: merchantState,
    failure: { attempts: 10, backoff: { initialMs: 50, maxMs: 10_000 } },
    async invoke(ctx) {
      // Only a new score is written: an old one that is written again would be kept for another week.
      ctx.state.score ??= await lookUp(ctx.self.id);
      ctx.reply({ kind: 'score', score: ctx.state.score });
    },
  });
}

/** Not a very good model, but quick to explain. */
export function probabilityOf({ amount, frauds, merchantScore }: Features): number {
  return Math.min(1, frauds * 0.25 + merchantScore / 200 + (amount > 1_000 ? 0.25 : 0));
}

const modelFunction = defineFunction({
  type: model,
  invoke(ctx: Context<Record<never, never>, Verdict>, features: Features) {
    ctx.reply({ kind: 'verdict', probability: probabilityOf(features) });
  },
});

/** The module around a third party: the real one in production, a pretended one in tests. */
export function fraudModule(lookUp: LookUpMerchant): Module {
  return defineModule({
    functions: [transactionFunction, accountFunction, merchantFunction(lookUp), modelFunction],
    routers: [byId],
    egresses: [alerts],
  });
}
