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

/** What it was told; and the causal ids and parents of the messages that told it. */
type Question = 'texts?' | 'traces?';

type TellingState = { readonly texts: ValueSpec<readonly string[]>; readonly traces: ValueSpec<readonly string[]> };

function tell(ctx: Context<TellingState>, message: Told | Question, by: string): void {
  if (message === 'texts?') return ctx.reply([by, ctx.self.type, ...ctx.state.texts]);
  if (message === 'traces?') return ctx.reply([...ctx.state.traces]);
  ctx.state.texts = [...ctx.state.texts, message.text];
  if (ctx.trace !== undefined)
    ctx.state.traces = [...ctx.state.traces, `${ctx.trace.causalId} ${ctx.trace.parent?.slice(0, 35)}`];
  const [next, ...rest] = message.next ?? [];
  if (next !== undefined) ctx.send(next[0], next[1], { text: message.text, next: rest });
  if (message.text === 'die') waitForDeath();
}

/** A thread that was told to die does so when the test says so here: when it knows that the message is committed. */
export const DEATH_CHANNEL = 'millrace test: now';

function waitForDeath(): void {
  const channel = new BroadcastChannel(DEATH_CHANNEL);
  channel.onmessage = () => {
    throw new Error('as told');
  };
}

/** `by` is what it says in its replies. */
export function tellingFunction(type: string, by: string): StatefulFunction<Told | Question, unknown, TellingState> {
  return defineFunction({
    type,
    state: { texts: value<readonly string[]>({ initial: [] }), traces: value<readonly string[]>({ initial: [] }) },
    invoke: (ctx: Context<TellingState>, message: Told | Question) => tell(ctx, message, by),
  });
}

export default defineModule({ functions: [tellingFunction('told/*', 'whole')] });
