/**
 * A module with versioned, checked and expiring state, in three versions, so that a test can start one engine after the
 * other with other code.
 */
import {
  defineFunction,
  defineModule,
  list,
  type ListSpec,
  type Migration,
  type Module,
  table,
  type TableSpec,
  value,
} from '../../src/index.ts';
import { countSchema, Refusal, smallSchema } from '../small-schema.ts';

/** What a profile is in each version of the code. */
const MIGRATE: Readonly<Record<number, Migration>> = {
  1: (name: string) => ({ name }),
  2: ({ name }: { name: string }) => {
    if (name === 'broken') throw new Error('no such name');
    return { first: name, last: '' };
  },
};

export type TypedOrder =
  | { readonly set: 'profile' | 'count' | 'session' | 'marks' | 'log'; readonly to: unknown }
  | { readonly get: 'profile' | 'count' | 'session' | 'marks' | 'log' };

const orderSchema = smallSchema<TypedOrder>((order) => {
  const isOrder = typeof order === 'object' && order !== null && ('set' in order || 'get' in order);
  return isOrder ? (order as TypedOrder) : new Refusal('neither set nor get');
});

const anySchema = smallSchema<TypedOrder>((order) => order as TypedOrder);

const countState = value({ schema: countSchema, initial: 0 });
const sessionState = value<unknown>({ expire: { after: '1 day' } });
const oldCountState = value<unknown>({ initial: 0 });

/** The first version takes any count and any message; the later ones do not. */
export function typedModule(version: number): Module {
  const profile = value<unknown>({
    version,
    migrate: Object.fromEntries(Object.entries(MIGRATE).filter(([from]) => Number(from) < version)),
  });
  const count = version === 1 ? oldCountState : countState;
  const marks: TableSpec<unknown> = version === 1 ? table<unknown>() : table({ schema: countSchema });
  const log: ListSpec<unknown> = version === 1 ? list<unknown>() : list({ schema: countSchema });
  const typed = defineFunction({
    type: 'typed/entity',
    messages: version === 1 ? anySchema : orderSchema,
    state: { profile, count, session: sessionState, marks, log },
    invoke(ctx, order) {
      if ('get' in order) {
        const { get } = order;
        ctx.reply(
          get === 'marks' ? ctx.state.marks.get('a') : get === 'log' ? [...ctx.state.log.view()] : ctx.state[get],
        );
        return;
      }
      if (order.set === 'marks') ctx.state.marks.set('a', order.to as never);
      else if (order.set === 'log') ctx.state.log.append(order.to as never);
      else ctx.state[order.set] = order.to as never;
      if (ctx.caller !== undefined) ctx.reply('done');
    },
  });
  return defineModule({ functions: [typed] });
}
