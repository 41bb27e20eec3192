/**
 * The same counter three times: embedded in the shard, in a process beside it, and behind a URL that the test says. They
 * pass a token round: embedded, co-located, remote, and again.
 */
import { fileURLToPath } from 'node:url';
import { defineFunction, defineModule, value } from '../../../src/index.ts';
import { httpEndpoint, processEndpoint, remoteFunction } from '../../../src/remote/index.ts';
import { readTyped } from '../../../src/statefun/type.ts';
import { isTypedValue } from '../../../src/statefun/typed-value.ts';
import { StringType } from '../../../src/statefun/types.ts';

const PROGRAM = fileURLToPath(new URL('./counter-program.ts', import.meta.url));
const { MILLRACE_TEST_URL = 'http://localhost:1/', MILLRACE_TEST_COMMAND } = process.env;

const embedded = defineFunction({
  type: 'embedded/counter',
  state: { count: value({ initial: 0 }) },
  invoke(ctx, message: unknown) {
    const text = isTypedValue(message) ? readTyped(StringType, message) : message;
    const [verb, number] = String(text).split(' ');
    if (verb === 'get') ctx.reply(String(ctx.state.count));
    if (verb !== 'hop') return;
    ctx.state.count++;
    if (number !== '1') ctx.send('process/counter', ctx.self.id, `hop ${Number(number) - 1}`);
  },
});

const colocated = processEndpoint({
  command: MILLRACE_TEST_COMMAND === undefined ? [process.execPath, PROGRAM] : MILLRACE_TEST_COMMAND.split(' '),
  name: 'counter',
  restart: { initialMs: 10, maxMs: 100 },
  log: () => {},
});

export default defineModule({
  functions: [
    embedded,
    remoteFunction({ type: 'process/counter', endpoint: colocated }),
    remoteFunction({ type: 'remote/counter', endpoint: httpEndpoint({ url: MILLRACE_TEST_URL }) }),
  ],
});
