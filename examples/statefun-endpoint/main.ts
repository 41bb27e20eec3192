/**
 * Serves the functions of `handler.ts` to a StateFun cluster that is started with the `module.yaml` beside this file:
 * `node examples/statefun-endpoint/main.ts [--port 8000]`. In a project of your own, import from 'millrace'.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { exampleHandler } from './handler.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8000' } } });

const server = createServer(exampleHandler()).listen(Number(values.port));
await once(server, 'listening');
console.log(`Serving on port ${(server.address() as AddressInfo).port}.`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // What is under way is answered; whoever has nothing to ask is let go.
    server.close();
    server.closeIdleConnections();
  });
}
