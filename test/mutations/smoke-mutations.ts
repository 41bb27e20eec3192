/** Bugs that StateFun's smoke test must catch, with the official SDK behind the engine. */
import { type Mutation, tests } from './mutation.ts';

const SMOKE = tests('smoke/statefun/statefun-smoke');

export const SMOKE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a remote function sends its first message twice',
    file: 'src/remote/carry-out.ts',
    find: 'of effects.messages) send',
    replace: 'of [...effects.messages, ...effects.messages.slice(0, 1)]) send',
    why: 'what is counted twice must fail at once',
    suites: [SMOKE],
  },
  {
    name: 'a remote function cancels nothing',
    file: 'src/remote/carry-out.ts',
    find: '    ctx.cancel(token);',
    replace: '    ctx.now();',
    why: 'at the end no delayed message may be left',
    suites: [SMOKE],
  },
];
