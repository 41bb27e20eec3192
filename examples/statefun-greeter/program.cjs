/**
 * A StateFun program in plain JavaScript, as one writes it with StateFun's JavaScript package: it counts how often a
 * person has come, and greets. Nothing in it knows of Millrace but the name in the first import. By itself it serves its
 * functions over HTTP:
 *
 *   PORT=8000 node examples/statefun-greeter/program.cjs
 *
 * In a project of your own, require 'millrace/statefun'.
 */
'use strict';
const http = require('node:http');
const { StateFun, egressMessageBuilder, messageBuilder } = require('../../src/statefun/index.ts');

const GREETINGS = ['Welcome', 'Nice to see you again', 'Third time is the charm'];

const visitType = StateFun.jsonType('example/visit');
const statefun = new StateFun();

statefun.bind({
  typename: 'example/person',
  specs: [
    { name: 'visits', type: StateFun.intType() },
    { name: 'last_seen', type: StateFun.stringType(), expireAfterWrite: 24 * 60 * 60 * 1000 },
  ],
  fn(context, message) {
    const { storage, self } = context;
    storage.visits = (storage.visits ?? 0) + 1;
    storage.last_seen = message.asString();
    const value = { name: self.id, place: storage.last_seen, visits: storage.visits };
    context.send(messageBuilder({ typename: 'example/greeter', id: 'the greeter', value, valueType: visitType }));
  },
});

statefun.bind({
  typename: 'example/greeter',
  async fn(context, message) {
    const { name, place, visits } = message.as(visitType);
    const greeting = await greetingFor(visits);
    const value = `${greeting}, ${name}, to ${place}.`;
    context.send(egressMessageBuilder({ typename: 'example/greetings', value, valueType: StateFun.stringType() }));
  },
});

/** A place for something slow, such as another service. */
async function greetingFor(visits) {
  return GREETINGS[visits - 1] ?? `Visit number ${visits}`;
}

module.exports = { statefun };

// Served by itself, and not where somebody else loads it to run its functions.
if (require.main === module) http.createServer(statefun.handler()).listen(Number(process.env.PORT ?? 8000));
