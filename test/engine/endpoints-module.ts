/**
 * The module of `endpoints.test.ts`: a remote function where the tests serve it, another one where nobody listens, and one
 * of the engine's own that has nothing to do with either.
 */
import { env } from 'node:process';
import { defineEgress, defineFunction, defineModule } from '../../src/index.ts';
import { httpEndpoint, remoteFunction } from '../../src/remote/index.ts';

const concurrency = 16;
const folder = env['ENDPOINTS_FOLDER'] ?? '/nowhere';
const served = httpEndpoint({ url: `http://127.0.0.1:${env['ENDPOINTS_PORT'] ?? '1'}/{function.name}`, concurrency });
const dead = httpEndpoint({
  url: `http+unix://${folder}/dead.sock/{function.name}`,
  concurrency,
  breaker: { failureCount: 3, probeAfterMax: 200 },
});

const own = defineFunction({
  type: 'test/own',
  invoke(ctx, message: number) {
    ctx.reply(message + 1);
  },
});

export default defineModule({
  functions: [
    remoteFunction({ type: 'served/*', endpoint: served }),
    remoteFunction({ type: 'dead/function', endpoint: dead }),
    own,
  ],
  egresses: [defineEgress({ type: 'test/results' })],
});
