/** The same function after its states were taken out of it; it has another one. */
import { defineFunction, defineModule, value } from '../../src/index.ts';

const shelf = defineFunction({
  type: 'test/shelf',
  state: { added: value({ initial: 0 }) },
  invoke(ctx, message: 'delete' | 'write' | 'nothing') {
    if (message === 'delete') ctx.delete();
    else if (message === 'write') ctx.state.added++;
    ctx.reply(ctx.state.added);
  },
});

export default defineModule({ functions: [shelf] });
