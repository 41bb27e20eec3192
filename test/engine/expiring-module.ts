/** A module whose sessions, entries and elements live for a short time, and whose names for ever. */
import { defineFunction, defineModule, list, type Module, table, value } from '../../src/index.ts';

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

export interface Note {
  readonly key: string;
  readonly n: number;
}
export interface Notes {
  readonly entries: readonly (readonly [string, number])[];
  readonly elements: readonly number[];
  readonly kept: number | undefined;
}

/** Each note is an entry and an element that expire, and an entry that does not. */
export const notebook = defineFunction({
  type: 'expiring/notebook',
  state: {
    entries: table<number>({ expire: { after: SESSION_MS } }),
    elements: list<number>({ expire: { after: SESSION_MS } }),
    kept: table<number>(),
  },
  async invoke(ctx, note: Note | 'what is there?') {
    const { entries, elements, kept } = ctx.state;
    if (note !== 'what is there?') {
      entries.set(note.key, note.n);
      elements.append(note.n);
      kept.set('last', note.n);
      return;
    }
    const found: (readonly [string, number])[] = [];
    for await (const entry of entries.entries()) found.push(entry);
    const answer: Notes = { entries: found, elements: [...elements.view()], kept: kept.get('last') };
    ctx.reply(answer);
  },
});

const module: Module = defineModule({ functions: [visitor, notebook] });
export default module;
