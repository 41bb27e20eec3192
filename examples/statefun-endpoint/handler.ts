/**
 * The greeter and the shopping cart of the other examples, unchanged, as a StateFun cluster calls them. What is said here
 * is what the cluster has to know: how messages come from Kafka, and what goes back there.
 */
import { createStatefunHandler, type EndpointEvent, type StatefunHandler } from '../../src/endpoint/index.ts';
import { defineModule } from '../../src/index.ts';
import { jsonType, kafkaRecord } from '../../src/statefun/index.ts';
import greeting, { type GreeterMessage, greetings } from '../greeter/module.ts';
import shop, {
  type AddToCartResult,
  addToCartResults,
  type InventoryMessage,
  type Receipt,
  receipts,
  type ShopperMessage,
} from '../shopping-cart/module.ts';

/** A record of a topic, with JSON in it. */
function toTopic<Value>(topic: string, keyOf: (value: Value) => string) {
  return (value: Value) => kafkaRecord({ topic, key: keyOf(value), value: Buffer.from(JSON.stringify(value)) });
}

/** `log` as in `createStatefunHandler`. */
export function exampleHandler(log?: (event: EndpointEvent) => void): StatefunHandler {
  return createStatefunHandler({
    module: defineModule({ modules: [greeting, shop] }),
    // The value types of the ingresses in module.yaml.
    types: [
      jsonType<GreeterMessage>('greeter/message'),
      jsonType<ShopperMessage>('shop/shopper-message'),
      jsonType<InventoryMessage>('shop/inventory-message'),
    ],
    egresses: {
      [greetings.type]: toTopic<string>('greetings', () => ''),
      [addToCartResults.type]: toTopic<AddToCartResult>('add-to-cart-results', ({ cart }) => cart),
      [receipts.type]: toTopic<Receipt>('receipts', ({ cart }) => cart),
    },
    ...(log === undefined ? {} : { log }),
  });
}
