/**
 * Functions that do what they are told, for running the same commands here and behind an endpoint. What a message that
 * another function sends may do is such that the order in which messages of several senders come makes no difference.
 */
import {
  type AsyncResult,
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  functionType,
  isAsyncResult,
  type Module,
  value,
} from '../../../src/index.ts';

export type Deed =
  | { readonly do: 'add'; readonly count: number }
  | { readonly do: 'note'; readonly word: string }
  | { readonly do: 'tell'; readonly record: unknown }
  | { readonly do: 'send'; readonly to: string; readonly deeds: readonly Deed[] }
  | { readonly do: 'later'; readonly ms: number; readonly to: string; readonly deeds: readonly Deed[] }
  | {
      readonly do: 'alarm';
      readonly ms: number;
      readonly token: string;
      readonly to: string;
      readonly deeds: readonly Deed[];
    }
  | { readonly do: 'disarm'; readonly token: string }
  | { readonly do: 'ask'; readonly to: string }
  | { readonly do: 'begin'; readonly count: number; readonly how: 'promise' | 'function' | 'failing' }
  // Only from outside, one at a time.
  | { readonly do: 'keep'; readonly thing: unknown }
  | { readonly do: 'forget' };

export interface Answer {
  readonly answer: number;
}
export type Order = { readonly deeds: readonly Deed[] } | Answer | AsyncResult<number> | 'how much?';

const states = {
  sum: value({ initial: 0 }),
  words: value<Map<string, number>>({ initial: new Map() }),
  thing: value<unknown>({ version: 2, migrate: { 1: (old) => old as unknown } }),
  answers: value({ initial: 0n }),
};

export const told = defineEgress<unknown>({ type: 'desk/told' });
export const DESKS = ['desk/plain', 'desk/async', 'ward/any'] as const;
export const desk = (type: string) => functionType<Order>(type);

/** An address as one word. */
function address(word: string): [string, string] {
  const [type, id] = word.split('#');
  return [type, id];
}

/** In the order of the words, whichever came first. */
function counted(words: ReadonlyMap<string, number>, word: string): Map<string, number> {
  const all = [...words.keys(), word].toSorted();
  return new Map(all.map((key) => [key, (words.get(key) ?? 0) + (key === word ? 1 : 0)]));
}

async function work({ count, how }: Deed & { readonly do: 'begin' }): Promise<number> {
  await Promise.resolve();
  if (how === 'failing') throw new RangeError('too much');
  return count;
}

/** What it was for counts in each case, and what it gave or said in another place. */
function take(ctx: Context<typeof states>, result: AsyncResult<number>): void {
  ctx.state.sum += result.metadata;
  const said = result.status === 'failure' ? `${result.error.name}: ${result.error.message}` : result.status;
  ctx.state.words = counted(ctx.state.words, said);
  if (result.status === 'success') ctx.state.answers += BigInt(result.value as number);
}

function obey(ctx: Context<typeof states>, deed: Deed): void {
  const { state } = ctx;
  switch (deed.do) {
    case 'add':
      state.sum += deed.count;
      return;
    case 'note':
      state.words = counted(state.words, deed.word);
      return;
    case 'tell':
      return ctx.egress(told, [ctx.self.id, ctx.caller?.id, deed.record]);
    case 'send':
      return ctx.send(...address(deed.to), { deeds: deed.deeds });
    case 'later':
      return ctx.sendAfter(deed.ms, ...address(deed.to), { deeds: deed.deeds });
    case 'alarm':
      ctx.cancel(deed.token);
      return ctx.sendAfter(deed.ms, ...address(deed.to), { deeds: deed.deeds }, { token: deed.token });
    case 'disarm':
      return void ctx.cancel(deed.token);
    case 'ask':
      return ctx.send(...address(deed.to), 'how much?');
    case 'begin':
      return ctx.async(deed.count, deed.how === 'promise' ? work(deed) : () => work(deed));
    case 'keep':
      state.thing = deed.thing;
      return;
    case 'forget':
      return ctx.clear('thing');
  }
}

function handle(ctx: Context<typeof states>, order: Order): void {
  if (order === 'how much?') return ctx.reply({ answer: 1 });
  if (isAsyncResult(order)) take(ctx, order);
  else if ('answer' in order) ctx.state.answers += BigInt(order.answer);
  else for (const deed of order.deeds) obey(ctx, deed);
}

async function handleSlowly(ctx: Context<typeof states>, order: Order): Promise<void> {
  await Promise.resolve();
  handle(ctx, order);
  await Promise.resolve();
}

export function deskModule(): Module {
  return defineModule({
    functions: [
      defineFunction({ type: 'desk/plain', state: states, invoke: handle }),
      defineFunction({ type: 'desk/async', state: states, invoke: handleSlowly }),
      defineFunction({ type: 'ward/*', state: states, invoke: handle }),
    ],
    egresses: [told],
  });
}
