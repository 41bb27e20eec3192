/** The engine's side of StateFun's smoke test: one remote function at the URL that the environment says. */
import { httpEndpoint } from '../../../src/remote/http-endpoint.ts';
import { remoteFunction } from '../../../src/remote/remote-function.ts';
import { defineEgress, defineModule } from '../../../src/index.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';

export const INTERPRETER = 'statefun.smoke.e2e/command-interpreter-fn';
export const VERIFICATION_SINK = 'statefun.smoke.e2e/verification-sink';
export const DISCARD_SINK = 'statefun.smoke.e2e/discard-sink';
/** The environment variable with the URL of the function process. */
export const ENDPOINT_VARIABLE = 'MILLRACE_SMOKE_ENDPOINT';

const endpoint = httpEndpoint({ url: process.env[ENDPOINT_VARIABLE] ?? 'http://127.0.0.1:8000/' });

export default defineModule({
  functions: [remoteFunction({ type: INTERPRETER, endpoint })],
  egresses: [defineEgress<TypedValue>({ type: VERIFICATION_SINK }), defineEgress<TypedValue>({ type: DISCARD_SINK })],
});
