/**
 * The smallest module that answers.
 */
import { defineFunction, defineModule, functionType } from '../../native-free/index.ts';

export const doubler = functionType<number, number>('probe/doubler');

export default defineModule({
  functions: [
    defineFunction({
      type: doubler,
      invoke(ctx, message) {
        ctx.reply(message * 2);
      },
    }),
  ],
});
