/**
 * What tests of users' functions see of types. This file is only ever compiled (`npm run typecheck`).
 */
import { defineEgress, defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { explore, testEngine } from '../../src/testing/index.ts';

const cart = defineFunction({
  type: 'shop/cart',
  state: { items: value<readonly string[]>({ initial: [] }), last: value<number>() },
  invoke(ctx, item: string) {
    ctx.state.items = [...ctx.state.items, item];
  },
});
const token = functionType<'count', number>('shop/counter');
const receipts = defineEgress<{ readonly total: number }>({ type: 'shop/receipts' });

export async function types(): Promise<void> {
  const t = await testEngine(defineModule({ functions: [cart], egresses: [receipts] }));
  await t.send(cart, 'Kim', 'socks');
  // @ts-expect-error -- a wrong message
  await t.send(cart, 'Kim', 7);
  const count: number = await t.ask(token, 'Kim', 'count');
  // @ts-expect-error -- the reply is a number
  const wrong: string = await t.ask(token, 'Kim', 'count');
  const items: readonly string[] = t.state(cart, 'Kim').items;
  const last: number | undefined = t.state(cart, 'Kim').last;
  const [letter] = t.deadLetters();
  const failed: string | undefined = letter?.error.message;
  await t.jump(-60_000);
  // @ts-expect-error -- an undeclared state
  const lost: unknown = t.state(cart, 'Kim').lost;
  const unknown: unknown = t.state(token, 'Kim')['anything'];
  const totals: readonly number[] = t.egress(receipts).map(({ total }) => total);
  for (const [id, { items: all }] of t.states(cart)) console.log(id.length, all.length);
  console.log(count, wrong, items, last, lost, unknown, totals, failed);
}

export async function scenarios(): Promise<void> {
  const report = await explore({
    module: (world) => {
      void world.sleep('1 s');
      return defineModule({ functions: [cart], egresses: [receipts] });
    },
    async run(t) {
      await t.send(cart, 'Kim', 'socks');
      // @ts-expect-error -- a wrong message
      await t.send(cart, 'Kim', 7);
      const count: number = await t.ask(token, 'Kim', 'count');
      const { epoch } = await t.settle();
      console.log(count, epoch);
    },
    invariant(cut) {
      const items: readonly string[] = cut.state(cart, 'Kim').items;
      const sent: readonly string[] = cut.messagesTo(cart).map(({ message }) => message);
      const totals: readonly number[] = cut.egress(receipts).map(({ total }) => total);
      // @ts-expect-error -- an undeclared state
      console.log(items, sent, totals, cut.state(cart, 'Kim').lost);
    },
  });
  console.log(report.deaths);
  // @ts-expect-error -- a scenario runs something
  await explore({ module: defineModule({}) });
}
