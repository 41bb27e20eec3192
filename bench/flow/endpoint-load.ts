/**
 * One request to an endpoint as a StateFun cluster sends it: a visit of a greeter with a count and the time of the last
 * visit, and what is answered to it. All contenders get these bytes and give as many.
 */
import { defineEgress, defineFunction, defineModule, type Module, value } from '../../src/index.ts';
import { encodeRequest } from '../../src/statefun/protocol-codec.ts';
import { createStatefunHandler, type StatefunHandler } from '../../src/endpoint/index.ts';
import { encodeTagged } from '../../src/wire/tagged-value.ts';

const greetings = defineEgress<string>({ type: 'bench/greetings' });

const greeter = defineFunction({
  type: 'bench/greeter',
  state: { visits: value({ initial: 0 }), last: value<{ readonly place: string }>() },
  invoke(ctx, message: { readonly place: string }) {
    ctx.state.visits++;
    ctx.state.last = { place: message.place };
    ctx.egress(greetings, `Hello ${ctx.self.id}, visit ${ctx.state.visits} at ${message.place}.`);
  },
});

const module: Module = defineModule({ functions: [greeter], egresses: [greetings] });

export function greeterHandler(): StatefunHandler {
  return createStatefunHandler({ module });
}

const typed = (content: unknown) => ({ typename: 'millrace/value', value: encodeTagged(content) });

/** A batch of so many visits. */
export function visitRequest(count: number): Uint8Array {
  return encodeRequest({
    target: { type: 'bench/greeter', id: 'visitor-4711' },
    states: [
      { name: 'visits', value: typed(41) },
      { name: 'last', value: typed({ place: 'the old harbour' }) },
    ],
    invocations: Array.from({ length: count }, () => ({
      caller: undefined,
      argument: typed({ place: 'the new harbour' }),
    })),
  });
}
