/** A greeter with state behind the endpoint that the module's URL names: `greetings-module.ts?endpoint=...`. */
import { defineEgress, defineModule, type Module } from '../../src/index.ts';
import { httpEndpoint } from '../../src/remote/http-endpoint.ts';
import { remoteFunction } from '../../src/remote/remote-function.ts';
import type { TypedValue } from '../../src/statefun/index.ts';
import { GREETER, GREETINGS } from './greetings.ts';

// Few calls at a time: what waits for its turn meanwhile goes along with the next call for its address. With 16 and with
// 256 it was a fifth less.
const CONCURRENCY = 64;
const url = new URL(import.meta.url).searchParams.get('endpoint') ?? '';

const module: Module = defineModule({
  functions: [
    remoteFunction({ type: GREETER, endpoint: httpEndpoint({ url, concurrency: CONCURRENCY }), batchCountMax: 10_000 }),
  ],
  egresses: [defineEgress<TypedValue>({ type: GREETINGS })],
});

export default module;
