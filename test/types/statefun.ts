/**
 * What does and does not compile in a StateFun program. This file is only ever compiled (`npm run typecheck`): every line
 * below a `@ts-expect-error` must be an error, and everything else must not be one. The program is as it would be written
 * with the official package; only its import is ours.
 */
import http from 'node:http';
import {
  Address,
  type Context,
  egressMessageBuilder,
  type FunctionOpts,
  kafkaEgressMessage,
  kinesisEgressMessage,
  type Message,
  messageBuilder,
  StateFun,
  Type,
  type ValueSpecOpts,
} from '../../src/statefun/index.ts';

interface Cart {
  readonly items: string[];
}

class Upper extends Type<string> {
  constructor() {
    super('example/upper');
  }
  override serialize(value: string): Buffer {
    return Buffer.from(value.toUpperCase());
  }
  override deserialize(bytes: Buffer): string {
    return bytes.toString();
  }
}

const cartType: Type<Cart> = StateFun.jsonType<Cart>('example/cart');
const custom: Type<number> = StateFun.customType<number>(
  'example/custom',
  (value) => Buffer.of(value),
  (bytes) => bytes[0],
);
const specs: ValueSpecOpts[] = [
  { name: 'seen', type: StateFun.intType(), expireAfterWrite: 1000 },
  { name: 'cart', type: cartType, expireAfterCall: 1000 },
  { name: 'upper', type: new Upper() },
];

const opts: FunctionOpts = {
  typename: 'example/fn',
  specs,
  async fn(context: Context, message: Message): Promise<void> {
    context.storage.seen += 1;
    const cart: Cart | null = message.as(cartType);
    const text: string | null = message.isString() ? message.asString() : null;
    const self: Address = context.self;
    const caller: Address | null = context.caller;
    const bytes: Buffer = message.rawValueBytes;
    await Promise.resolve([cart, text, bytes, self.typename, caller?.id, message.valueTypeName, message.targetAddress]);
    context.send(messageBuilder({ typename: 'a/b', id: 'c', value: 1 }));
    context.send(messageBuilder({ typename: 'a/b', id: 'c', value: 1, valueType: custom }));
    context.sendAfter(5, messageBuilder({ typename: 'a/b', id: 'c', value: 'x' }), 'token');
    context.cancelDelayedMessage('token');
    context.send(egressMessageBuilder({ typename: 'a/b', value: { items: [] }, valueType: cartType }));
    context.send(kafkaEgressMessage({ typename: 'a/b', topic: 't', key: 'k', value: Buffer.of(1) }));
    context.send(kinesisEgressMessage({ typename: 'a/b', stream: 's', partitionKey: 'p', value: 'v' }));

    // @ts-expect-error no message
    context.send('text');
    // @ts-expect-error a record is not sent later
    context.sendAfter(5, egressMessageBuilder({ typename: 'a/b', value: 1, valueType: custom }));
    // @ts-expect-error a message needs an id
    messageBuilder({ typename: 'a/b', value: 1 });
    // @ts-expect-error read-only
    context.self.id = 'other';
  },
};

const statefun = new StateFun();
statefun.bind(opts);
statefun.bind({
  typename: 'example/short',
  fn: (context, message) => context.send(messageBuilder({ typename: 'a/b', id: message.asString() ?? '', value: 1 })),
});
const handler: (req: unknown, res: unknown) => Promise<void> = statefun.handler();
// oxlint-disable-next-line typescript/no-misused-promises -- as in the official package's documentation
http.createServer(statefun.handler()).listen(8000);
void handler;
void Address.fromTypeNameId('a/b', 'c');

// @ts-expect-error a function needs a name
statefun.bind({ fn: () => {} });
