/** A program that listens in all the ways there are, on a port that is taken, and says where it seems to. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createRawServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageBuilder, StateFun, StringType } from '../../../src/statefun/index.ts';

const port = Number(process.env['SILENT_PROGRAM_PORT']);
const statefun = new StateFun();
const handle: RequestListener = (request, response) => void statefun.handle(request, response);
const addresses: unknown[] = [];
const note = (server: Pick<Server, 'address'>): void => void addresses.push(server.address());

// A handler of one's own, as frameworks have it, and a callback.
const first = createServer(handle).listen(port, '127.0.0.1', () => note(first));

// Awaited while the file is loaded.
const second = createServer().on('request', handle).listen({ port, host: '127.0.0.1' });
await once(second, 'listening');
note(second);

// After the file is loaded.
async function later(): Promise<void> {
  await sleep(5);
  const handler = statefun.handler();
  const third = createServer((request, response) => void handler(request, response)).listen(port, '127.0.0.1');
  await once(third, 'listening');
  note(third);
  const fourth = createRawServer().listen('/run/program.sock', () => note(fourth));
}
const isListening = later();

statefun.bind({
  typename: 'program/servers',
  async fn(context, message) {
    if (message.asString() === 'which?') {
      await isListening;
      await sleep(5);
      reply(JSON.stringify(addresses));
      return;
    }
    const own = createServer().listen(0, '127.0.0.1');
    await once(own, 'listening');
    reply(String((own.address() as { port: number }).port));
    own.close();

    function reply(text: string): void {
      const { typename, id } = context.caller as { typename: string; id: string };
      context.send(messageBuilder({ typename, id, value: text, valueType: StringType }));
    }
  },
});
