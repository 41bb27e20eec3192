/**
 * The module of `remote-greeter`: a function with state that runs in another process, and the egress that it greets
 * through. Where the process listens is in the environment, since modules are loaded by each thread.
 */
import { env } from 'node:process';
import { defineEgress, defineModule } from '../../src/index.ts';
import { httpEndpoint, remoteFunction } from '../../src/remote/index.ts';

/** Where the function process listens. */
export const URL_NAME = 'BENCH_GREETER_URL';
/** Calls under way at a time, in each shard. */
export const CONCURRENCY = 64;

const endpoint = httpEndpoint({ url: env[URL_NAME] ?? 'http://127.0.0.1:1/', concurrency: CONCURRENCY });

export default defineModule({
  functions: [remoteFunction({ type: 'bench/greeter', endpoint })],
  egresses: [defineEgress({ type: 'bench/greetings' })],
});
