/**
 * The greeter: one entity per person, which knows how often that person has come. Every thread loads this file.
 */
import { defineEgress, defineFunction, defineModule, functionType, value } from '../../src/index.ts';

export type GreeterMessage = { kind: 'hello' } | { kind: 'how often?' };

/** The name of the function with what it takes and what it replies; `main.ts` sends to it. */
export const greeter = functionType<GreeterMessage, number>('greeter/person');

export const greetings = defineEgress<string>({ type: 'greeter/greetings' });

const person = defineFunction({
  type: greeter,
  state: { visits: value({ initial: 0 }) },
  invoke(ctx, message) {
    if (message.kind === 'how often?') {
      ctx.reply(ctx.state.visits);
      return;
    }
    ctx.state.visits++;
    ctx.egress(greetings, `Hello ${ctx.self.id}, visit ${ctx.state.visits}.`);
  },
});

export default defineModule({ functions: [person], egresses: [greetings] });
