/** A function for each of the libraries whose schemas are in `validators.ts`, all doing the same. */
import { defineFunction, defineModule, type Module, table, value } from '../../src/index.ts';
import { arktypeSchemas, valibotSchemas, zodSchemas } from '../validators.ts';

export const ZOD = 'checked/zod';
export const VALIBOT = 'checked/valibot';
export const ARKTYPE = 'checked/arktype';

interface Visit {
  readonly page: string;
  readonly at: Date;
}
interface Entry {
  readonly name: string;
  readonly tags: readonly ('new' | 'old')[];
}
/** What the three have in common. */
interface Site {
  readonly state: {
    count: number;
    readonly entries: {
      get(key: string): Entry | undefined;
      set(key: string, entry: { name: string; tags: ('new' | 'old')[] }): void;
    };
  };
  reply(answer: unknown): void;
}

/** Pages say what is done. */
function visited({ state, reply }: Site, { page, at }: Visit): void {
  if (page === 'bad value') state.count = -1;
  else if (page === 'bad entry') state.entries.set('a', { name: 'a', tags: ['odd' as 'old'] });
  else if (page === 'good entry') state.entries.set('a', { name: 'a', tags: ['new'] });
  else state.count++;
  reply({
    count: state.count,
    year: at instanceof Date ? at.getUTCFullYear() : 'no date',
    entry: state.entries.get('a'),
  });
}

const zod = defineFunction({
  type: ZOD,
  messages: zodSchemas.visit,
  state: {
    count: value({ schema: zodSchemas.count, initial: 0 }),
    entries: table({ schema: zodSchemas.entry }),
  },
  invoke: (ctx, visit) => visited({ state: ctx.state, reply: (answer) => ctx.reply(answer) }, visit),
});

const valibot = defineFunction({
  type: VALIBOT,
  messages: valibotSchemas.visit,
  state: {
    count: value({ schema: valibotSchemas.count, initial: 0 }),
    entries: table({ schema: valibotSchemas.entry }),
  },
  invoke: (ctx, visit) => visited({ state: ctx.state, reply: (answer) => ctx.reply(answer) }, visit),
});

const arktype = defineFunction({
  type: ARKTYPE,
  messages: arktypeSchemas.visit,
  state: {
    count: value({ schema: arktypeSchemas.count, initial: 0 }),
    entries: table({ schema: arktypeSchemas.entry }),
  },
  invoke: (ctx, visit) => visited({ state: ctx.state, reply: (answer) => ctx.reply(answer) }, visit),
});

const module: Module = defineModule({ functions: [zod, valibot, arktype] });
export default module;
