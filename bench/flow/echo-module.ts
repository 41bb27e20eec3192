/**
 * The function that `ask` asks: it gives back one more than it was given, and counts. Where the module's URL says how long a
 * body questions have, the answer has it, too; a body that has not come whole is not counted, nor answered with more.
 */
import { defineFunction, defineModule, value } from '../../src/index.ts';
import { isWhole } from './message-body.ts';

export interface Question {
  readonly number: number;
  readonly body?: Uint8Array;
}

/** Asks how many questions an entity has counted. */
export type EchoReport = 'report';

const bytes = Number(new URL(import.meta.url).searchParams.get('bytes') ?? 0);

const echo = defineFunction({
  type: 'bench/echo',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, question: Question | EchoReport) {
    if (question === 'report') {
      ctx.reply(ctx.state.count);
      return;
    }
    const { number, body } = question;
    const isIntact = body === undefined ? bytes === 0 : isWhole(body, bytes);
    if (isIntact) ctx.state.count += 1;
    const answer = isIntact ? number + 1 : number;
    ctx.reply(body === undefined ? { number: answer } : { number: answer, body });
  },
});

export default defineModule({ functions: [echo] });
