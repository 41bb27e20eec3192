/**
 * A module with versioned, checked and expiring state. Its version is in its URL (`?version=3`), so that a test can start
 * one engine after the other with other code.
 */
import { defineFunction, defineModule, type Migration, type Module, value } from '../../src/index.ts';
import { countSchema, Refusal, smallSchema } from '../small-schema.ts';

const version = Number(new URL(import.meta.url).searchParams.get('version') ?? 1);

/** What a profile is in each version of the code. */
const MIGRATE: Readonly<Record<number, Migration>> = {
  1: (name: string) => ({ name }),
  2: ({ name }: { name: string }) => {
    if (name === 'broken') throw new Error('no such name');
    return { first: name, last: '' };
  },
};

export type TypedOrder =
  | { readonly set: 'profile' | 'count' | 'session'; readonly to: unknown }
  | { readonly get: 'profile' | 'count' | 'session' };

const orderSchema = smallSchema<TypedOrder>((order) => {
  const isOrder = typeof order === 'object' && order !== null && ('set' in order || 'get' in order);
  return isOrder ? (order as TypedOrder) : new Refusal('neither set nor get');
});

export const typed = defineFunction({
  type: 'typed/entity',
  messages: orderSchema,
  state: {
    profile: value<unknown>({
      version,
      migrate: Object.fromEntries(Object.entries(MIGRATE).filter(([from]) => Number(from) < version)),
    }),
    count: value({ schema: countSchema, initial: 0 }),
    session: value<unknown>({ expire: { after: '1 day' } }),
  },
  invoke(ctx, order) {
    if ('set' in order) ctx.state[order.set] = order.to as never;
    ctx.reply('set' in order ? 'done' : ctx.state[order.get]);
  },
});

const module: Module = defineModule({ functions: [typed] });
export default module;
