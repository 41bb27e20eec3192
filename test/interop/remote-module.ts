/** Functions that the official SDKs run, behind the URL that the environment says. */
import { defineEgress, defineModule } from '../../src/index.ts';
import { httpEndpoint } from '../../src/remote/http-endpoint.ts';
import { remoteFunction } from '../../src/remote/remote-function.ts';

/** The environment variable with the URL of the function process. */
export const ENDPOINT_VARIABLE = 'MILLRACE_INTEROP_ENDPOINT';

const endpoint = httpEndpoint({ url: process.env[ENDPOINT_VARIABLE] ?? 'http://127.0.0.1:8000/' });

export default defineModule({
  functions: ['greeter.fns/*', 'shop.fns/*'].map((type) => remoteFunction({ type, endpoint })),
  egresses: ['greeter.fns/greetings', 'shop.fns/receipts'].map((type) => defineEgress({ type })),
});
