// A StateFun program of another time: it exports nothing, listens when it is loaded, and keeps a server besides.
'use strict';
const http = require('node:http');
const { messageBuilder, StateFun } = require('../../../src/statefun/index.ts');

const statefun = new StateFun();

statefun.bind({
  typename: 'program/echo',
  async fn(context, message) {
    await Promise.resolve();
    if (message.asString() === 'throw') throw new Error('as told');
    const { typename, id } = context.caller;
    context.send(messageBuilder({ typename, id, value: `${message.asString()} from ${context.self.id}` }));
  },
});

// Taken: whoever listens here fails.
http.createServer(statefun.handler()).listen(Number(process.env.SILENT_PROGRAM_PORT), '127.0.0.1');
