/**
 * A module that serves a namespace: every type keeps what it is told, and passes it on.
 */
import {
  type Context,
  defineFunction,
  defineModule,
  type StatefulFunction,
  value,
  type ValueSpec,
} from '../../src/index.ts';

export interface Told {
  readonly text: string;
  /** Types and ids that are told as well, one after the other. */
  readonly next?: readonly (readonly [string, string])[];
}

type TellingState = { readonly texts: ValueSpec<readonly string[]> };

function tell(ctx: Context<TellingState>, message: Told | 'texts?', by: string): void {
  if (message === 'texts?') return ctx.reply([by, ctx.self.type, ...ctx.state.texts]);
  ctx.state.texts = [...ctx.state.texts, message.text];
  const [next, ...rest] = message.next ?? [];
  if (next !== undefined) ctx.send(next[0], next[1], { text: message.text, next: rest });
  // Late enough for its message to be committed.
  if (message.text === 'die') setTimeout(() => expire(), 60);
}

function expire(): never {
  throw new Error('as told');
}

/** `by` is what it says in its replies. */
export function tellingFunction(type: string, by: string): StatefulFunction<Told | 'texts?', unknown, TellingState> {
  return defineFunction({
    type,
    state: { texts: value<readonly string[]>({ initial: [] }) },
    invoke: (ctx: Context<TellingState>, message: Told | 'texts?') => tell(ctx, message, by),
  });
}

export default defineModule({ functions: [tellingFunction('told/*', 'whole')] });
