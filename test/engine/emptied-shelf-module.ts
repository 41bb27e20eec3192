/** A module with a table that can be filled, emptied and looked at. */
import { defineFunction, defineModule, type Module, table, value } from '../../src/index.ts';

export type ShelfOrder = { readonly put: string } | 'empty' | 'look';

export const shelf = defineFunction({
  type: 'shelf/shelf',
  state: { things: table<number>(), count: value({ initial: 0 }) },
  async invoke(ctx, order: ShelfOrder) {
    if (order === 'empty') ctx.state.things.clear();
    else if (order !== 'look') ctx.state.things.set(order.put, ++ctx.state.count);
    const keys: string[] = [];
    for await (const key of ctx.state.things.keys()) keys.push(key);
    if (ctx.caller !== undefined) ctx.reply(keys);
  },
});

const module: Module = defineModule({ functions: [shelf] });
export default module;
