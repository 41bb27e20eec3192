/**
 * The function that `ask` asks: it gives back one more than it was given, and counts.
 */
import { defineFunction, defineModule, value } from '../../src/index.ts';

export interface Question {
  readonly number: number;
}

const echo = defineFunction({
  type: 'bench/echo',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, { number }: Question) {
    ctx.state.count += 1;
    ctx.reply({ number: number + 1 });
  },
});

export default defineModule({ functions: [echo] });
