/**
 * A program with StateFun's official JavaScript SDK, as it comes from npm: one counter for all addresses of a type. It
 * serves the Unix socket that `MILLRACE_SOCKET` names, or the port that is its argument.
 */
import { createServer } from 'node:http';
import statefun from 'apache-flink-statefun';

const { egressMessageBuilder, kafkaEgressMessage, messageBuilder, StateFun } = statefun;
const functions = new StateFun();

for (const typename of ['process/counter', 'remote/counter']) {
  functions.bind({
    typename,
    specs: [{ name: 'count', type: StateFun.intType() }],
    fn(context, message) {
      const [verb = '', first = '', second = ''] = (message.asString() ?? '').split(' ');
      const { storage, self, caller } = context;
      const reply = (value: string): void => {
        if (caller !== null) context.send(messageBuilder({ typename: caller.typename, id: caller.id, value }));
      };
      storage['count'] = (storage['count'] ?? 0) + (verb === 'add' ? Number(first) : 0);
      if (verb === 'get') reply(String(storage['count']));
      else if (verb === 'pid') reply(String(process.pid));
      else if (verb === 'where') reply(`${process.env['MILLRACE_SHARD']} of ${process.env['MILLRACE_SHARD_COUNT']}`);
      else if (verb === 'die') process.exit(7);
      else if (verb === 'emit') {
        context.send(kafkaEgressMessage({ typename: 'shop/receipts', topic: first, key: self.id, value: second }));
      } else if (verb === 'misplace') {
        const valueType = StateFun.stringType();
        context.send(egressMessageBuilder({ typename: 'shop/receipts', value: 'no Kafka record', valueType }));
      } else if (verb === 'hop') {
        storage['count'] += 1;
        const next = typename === 'process/counter' ? 'remote/counter' : 'embedded/counter';
        if (first !== '1')
          context.send(messageBuilder({ typename: next, id: self.id, value: `hop ${Number(first) - 1}` }));
      }
    },
  });
}

const [, , place = process.env['MILLRACE_SOCKET'] ?? ''] = process.argv;
const handler = functions.handler();
const server = createServer((request, response) => void handler(request, response));
server.listen(/^\d+$/.test(place) ? Number(place) : place, () => {
  const address = server.address();
  const where = typeof address === 'object' && address !== null ? address.port : address;
  process.stdout.write(`${JSON.stringify({ where, pid: process.pid })}\n`);
});
process.once('SIGTERM', () => {
  process.stderr.write('good bye\n');
  process.exit(0);
});
