/** The functions of the StateFun greeter, where they are served over HTTP. */
import { defineEgress, defineModule } from '../../src/index.ts';
import { httpEndpoint, remoteFunction } from '../../src/remote/index.ts';

const endpoint = httpEndpoint({ url: `http://127.0.0.1:${process.env['GREETER_PORT']}/statefun` });

export default defineModule({
  functions: [remoteFunction({ type: 'example/*', endpoint })],
  egresses: [defineEgress({ type: 'example/greetings' })],
});
