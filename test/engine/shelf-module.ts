/** A shelf as a later version of the code finds it: with a value, a table and a list. */
import { type Context, defineFunction, defineModule, list, table, value } from '../../src/index.ts';

const state = { label: value<string>(), things: table<number>(), log: list<number>() };

async function read({ state: { label, things, log } }: Context<typeof state>): Promise<unknown> {
  const entries: unknown[] = [];
  for await (const entry of things.entries()) entries.push(entry);
  return [label, entries, [...log.view()]];
}

export const shelf = defineFunction({
  type: 'test/shelf',
  state,
  async invoke(ctx, message: 'fill' | 'read') {
    if (message === 'read') return ctx.reply(await read(ctx));
    ctx.state.label = 'full';
    for (let number = 0; number < 500; number++) ctx.state.things.set(`thing ${number}`, number);
    ctx.state.log.appendAll([1, 2, 3]);
  },
});

export default defineModule({ functions: [shelf] });
