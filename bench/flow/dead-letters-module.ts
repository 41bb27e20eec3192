/**
 * A function that cannot handle anything until it is repaired, which is another URL of this file: `?repaired`. From then
 * on an entity adds up what it is sent.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';

const isRepaired = new URL(import.meta.url).searchParams.has('repaired');

/** Asked with this it replies what it has come to. */
const SUM = -1;

const work = functionType<number, number>('bench/work');

const workFunction = defineFunction({
  type: work,
  state: { sum: value({ initial: 0 }) },
  invoke(ctx, number) {
    if (number === SUM) return ctx.reply(ctx.state.sum);
    if (!isRepaired) throw new RangeError(`${number} is more than this version can do`);
    ctx.state.sum += number;
  },
});

export default defineModule({ functions: [workFunction] });
