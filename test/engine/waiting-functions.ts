/**
 * A module whose messages come to rest everywhere: delayed, scheduled, parked, among the dead letters, and in flight while
 * they wait to be tried again. Newer code of it takes numbers only.
 */
import { defineFunction, defineModule, type Module, table } from '../../src/index.ts';
import { Refusal, smallSchema } from '../small-schema.ts';

const numberSchema = smallSchema<unknown>((message) =>
  typeof message === 'number' ? message : new Refusal('no number'),
);
const anySchema = smallSchema<unknown>((message) => message);

export function waitingModule(isStrict: boolean): Module {
  const messages = isStrict ? numberSchema : anySchema;
  const fail = (): never => {
    throw new Error('not today');
  };
  const taker = defineFunction({
    type: 'waiting/taker',
    messages,
    state: { marks: isStrict ? table({ schema: numberSchema }) : table<unknown>() },
    invoke(ctx, message) {
      ctx.state.marks.set(String(message), message as never);
    },
  });
  const sender = defineFunction({
    type: 'waiting/sender',
    invoke(ctx, message: 'forget' | readonly unknown[]) {
      if (message === 'forget') return ctx.delete();
      for (const later of message)
        ctx.sendAfter('1 day', 'waiting/taker', 'Kim', later, { token: `of ${String(later)}` });
      ctx.schedule({ cron: '0 7 1 1 *' }, 'waiting/taker', 'Kim', message[0]);
    },
  });
  const patient = defineFunction({
    type: 'waiting/patient',
    messages,
    failure: { attempts: 2, backoff: { initialMs: 86_400_000, maxMs: 86_400_000 } },
    invoke: fail,
  });
  const parker = defineFunction({ type: 'waiting/parker', messages, failure: { otherwise: 'park' }, invoke: fail });
  const hopeless = defineFunction({ type: 'waiting/hopeless', messages, invoke: fail });
  return defineModule({ functions: [taker, sender, patient, parker, hopeless] });
}
