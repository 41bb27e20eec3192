/** The functions of README.md, one folder up, with the official JavaScript SDK: the npm package as it is. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import statefun from 'apache-flink-statefun';
import { encode, fields } from './wire.mjs';

const { egressMessageBuilder, kafkaEgressMessage, messageBuilder, StateFun } = statefun;

const DAY_MS = 86_400_000;
const TEN_MINUTES_MS = 600_000;
const STOCK = 'shop.fns/stock';
const CART = 'shop.fns/cart';
const INTERPRETER = 'statefun.smoke.e2e/command-interpreter-fn';

const rawType = (typename) =>
  StateFun.customType(
    typename,
    (value) => value,
    (bytes) => bytes,
  );
const SOURCE_COMMAND = rawType('statefun.smoke.e2e/source-command');
const COMMANDS = rawType('statefun.smoke.e2e/commands');
const VERIFICATION = rawType('statefun.smoke.e2e/verification-result');

const functions = new StateFun();

functions.bind({
  typename: 'greeter.fns/greeter',
  specs: [{ name: 'seen', type: StateFun.intType(), expireAfterCall: DAY_MS }],
  fn(context, message) {
    context.storage.seen = (context.storage.seen ?? 0) + 1;
    const value = `${message.asString()} ${context.self.id}, ${context.storage.seen}`;
    context.send(egressMessageBuilder({ typename: 'greeter.fns/greetings', value, valueType: StateFun.stringType() }));
  },
});

functions.bind({
  typename: STOCK,
  specs: [{ name: 'inventory', type: StateFun.intType() }],
  fn(context, message) {
    const [verb, text] = message.asString().split(' ');
    const [there, count] = [context.storage.inventory ?? 0, Number(text)];
    if (verb === 'restock') {
      context.storage.inventory = there + count;
      return;
    }
    if (there >= count) context.storage.inventory = there - count;
    const value = `${there >= count ? 'available' : 'missing'} ${context.self.id} ${count}`;
    context.send(messageBuilder({ typename: context.caller.typename, id: context.caller.id, value }));
  },
});

functions.bind({
  typename: CART,
  specs: [
    { name: 'basket', type: StateFun.stringType(), expireAfterWrite: DAY_MS },
    { name: 'waiting', type: StateFun.intType() },
    { name: 'leaving', type: StateFun.booleanType() },
  ],
  fn(context, message) {
    const { storage } = context;
    const [verb, item, count] = message.asString().split(' ');
    if (verb === 'add') {
      storage.waiting = (storage.waiting ?? 0) + 1;
      context.send(messageBuilder({ typename: STOCK, id: item, value: `request ${count}` }));
    } else if (verb === 'available') {
      storage.waiting -= 1;
      put(context, item, Number(count));
    } else if (verb === 'missing') {
      storage.waiting -= 1;
      receipt(context, `misses ${item}:${count}`);
    } else if (verb === 'checkout') {
      storage.leaving = true;
    } else if (verb === 'clear' || verb === 'forget') {
      for (const [id, there] of items(storage.basket)) {
        context.send(messageBuilder({ typename: STOCK, id, value: `restock ${there}` }));
      }
      empty(context);
    } else {
      throw new Error(`unknown: ${verb}`);
    }
    if (storage.leaving && !storage.waiting) {
      receipt(context, `buys ${storage.basket || 'nothing'}`);
      empty(context);
      storage.leaving = null;
    }
  },
});

function items(basket) {
  const entries = (basket ?? '').split(',').filter((entry) => entry !== '');
  return new Map(entries.map((entry) => [entry.split(':')[0], Number(entry.split(':')[1])]));
}

function put(context, item, count) {
  const basket = items(context.storage.basket);
  if (basket.size === 0) {
    context.sendAfter(
      TEN_MINUTES_MS,
      messageBuilder({ typename: CART, id: context.self.id, value: 'forget' }),
      'forget',
    );
  }
  basket.set(item, (basket.get(item) ?? 0) + count);
  context.storage.basket = [...basket].map(([each, there]) => `${each}:${there}`).join(',');
}

function empty(context) {
  if (!context.storage.basket) return;
  context.cancelDelayedMessage('forget');
  context.storage.basket = null;
}

function receipt(context, text) {
  const [key, value] = [context.self.id, `${context.self.id} ${text}`];
  context.send(kafkaEgressMessage({ typename: 'shop.fns/receipts', topic: 'receipts', key, value }));
}

functions.bind({
  typename: INTERPRETER,
  specs: [{ name: 'state', type: StateFun.intType() }],
  async fn(context, message) {
    const bytes = message.rawValueBytes;
    await carryOut(context, message.is(SOURCE_COMMAND) ? valueOf(bytes, 2, new Uint8Array()) : bytes);
  },
});

function valueOf(bytes, number, byDefault) {
  return new Map(fields(bytes)).get(number) ?? byDefault;
}

async function carryOut(context, commands) {
  for (const [, command] of fields(commands)) {
    for (const [kind, body] of fields(command)) await carryOutOne(context, kind, body);
  }
}

async function carryOutOne(context, kind, body) {
  if (kind === 1) context.storage.state = (context.storage.state ?? 0) + 1;
  else if (kind === 2) context.send(onward(body));
  else if (kind === 3) sendLater(context, body);
  else if (kind === 4) {
    const [value, valueType] = ['discarded-message', StateFun.stringType()];
    context.send(egressMessageBuilder({ typename: 'statefun.smoke.e2e/discard-sink', value, valueType }));
  } else if (kind === 5) {
    await sleep(1);
    await carryOut(context, valueOf(body, 2, new Uint8Array()));
  } else if (kind === 6) {
    const value = encode([1, Number(context.self.id)], [2, valueOf(body, 1, 0)], [3, context.storage.state ?? 0]);
    const typename = 'statefun.smoke.e2e/verification-sink';
    context.send(egressMessageBuilder({ typename, value, valueType: VERIFICATION }));
  } else if (kind === 7) context.cancelDelayedMessage(Buffer.from(valueOf(body, 2)).toString());
}

function onward(body) {
  const value = Buffer.from(valueOf(body, 2, new Uint8Array()));
  return messageBuilder({ typename: INTERPRETER, id: String(valueOf(body, 1, 0)), value, valueType: COMMANDS });
}

function sendLater(context, body) {
  const token = Buffer.from(valueOf(body, 3, new Uint8Array())).toString();
  if (token === '') context.sendAfter(1, onward(body));
  else context.sendAfter(TEN_MINUTES_MS, onward(body), token);
}

const server = createServer((request, response) => void functions.handle(request, response));
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1');
await once(server, 'listening');
console.log(`listening on ${server.address().port}`);
process.stdin.on('end', () => process.exit(0)).resume();
