/**
 * What the schemas of zod, valibot and arktype are to the compiler: senders give what they take, functions and states
 * have what they give. This file is only ever compiled: every line below a `@ts-expect-error` must be an error.
 */
import { defineFunction, list, type StatefulFunction, table, value } from '../../src/index.ts';
import { arktypeSchemas, valibotSchemas, zodSchemas } from '../validators.ts';

/** Compiles only if both are the same, not if one is `any`. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
function same<One, Other>(..._proof: Same<One, Other> extends true ? [] : [never]): void {}

interface Visit {
  page: string;
  at: Date;
}
interface SentVisit {
  page: string;
  at: string;
}
/** State is read-only in depth. */
interface Entry {
  readonly name: string;
  readonly tags: readonly ('new' | 'old')[];
}

type MessageOf<Fn> = Fn extends StatefulFunction<infer Message, infer _Reply, infer _Specs> ? Message : never;

const zod = defineFunction({
  type: 'checked/zod',
  messages: zodSchemas.visit,
  state: {
    count: value({ schema: zodSchemas.count, initial: 0 }),
    last: value({ schema: zodSchemas.entry }),
    entries: table({ schema: zodSchemas.entry }),
    log: list({ schema: zodSchemas.count }),
  },
  invoke({ state }, visit) {
    same<typeof visit, Visit>();
    same<typeof state.count, number>();
    same<typeof state.last, Entry | undefined>();
    const entry = state.entries.get('a');
    same<typeof entry, Entry | undefined>();
    state.log.append(1);
    // @ts-expect-error -- no such tag
    state.last = { name: 'a', tags: ['odd'] };
  },
});

const valibot = defineFunction({
  type: 'checked/valibot',
  messages: valibotSchemas.visit,
  state: {
    count: value({ schema: valibotSchemas.count, initial: 0 }),
    last: value({ schema: valibotSchemas.entry }),
    entries: table({ schema: valibotSchemas.entry }),
  },
  invoke({ state }, visit) {
    same<typeof visit, Visit>();
    same<typeof state.count, number>();
    same<typeof state.last, Entry | undefined>();
    const entry = state.entries.get('a');
    same<typeof entry, Entry | undefined>();
    // @ts-expect-error -- no number
    state.count = '1';
  },
});

const arktype = defineFunction({
  type: 'checked/arktype',
  messages: arktypeSchemas.visit,
  state: {
    count: value({ schema: arktypeSchemas.count, initial: 0 }),
    last: value({ schema: arktypeSchemas.entry }),
    entries: table({ schema: arktypeSchemas.entry }),
  },
  invoke({ state }, visit) {
    same<typeof visit, Visit>();
    same<typeof state.count, number>();
    same<typeof state.last, Entry | undefined>();
    const entry = state.entries.get('a');
    same<typeof entry, Entry | undefined>();
    // @ts-expect-error -- no entry
    state.entries.set('a', { name: 'a' });
  },
});

same<MessageOf<typeof zod>, SentVisit>();
same<MessageOf<typeof valibot>, SentVisit>();
same<MessageOf<typeof arktype>, SentVisit>();
// @ts-expect-error -- what they give is not what they take
same<MessageOf<typeof zod>, Visit>();

export const sender = defineFunction({
  type: 'checked/sender',
  invoke(ctx, _message: null) {
    const sent: SentVisit = { page: 'start', at: '2031-05-06T07:08:09Z' };
    for (const target of [zod, valibot, arktype]) ctx.send(target, 'a', sent);
    // @ts-expect-error -- it takes a text
    ctx.send(zod, 'a', { page: 'start', at: new Date(0) });
    // @ts-expect-error -- and so does it
    ctx.send(valibot, 'a', { page: 'start', at: new Date(0) });
    // @ts-expect-error -- and so does it
    ctx.send(arktype, 'a', { page: 'start', at: new Date(0) });
  },
});
