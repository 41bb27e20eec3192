/** A module whose sessions live for a short time, and whose names for ever. */
import { defineFunction, defineModule, type Module, value } from '../../src/index.ts';

export const SESSION_MS = 600;

export interface Visit {
  readonly name?: string;
}

export const visitor = defineFunction({
  type: 'expiring/visitor',
  state: { session: value<string>({ expire: { after: SESSION_MS } }), name: value<string>() },
  invoke(ctx, { name }: Visit) {
    if (ctx.caller !== undefined) {
      ctx.reply({ ...ctx.state });
      return;
    }
    ctx.state.session = 'here';
    if (name !== undefined) ctx.state.name = name;
  },
});

const module: Module = defineModule({ functions: [visitor] });
export default module;
