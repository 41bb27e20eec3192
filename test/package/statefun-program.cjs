// A StateFun program as a newcomer has it: CommonJS, exports nothing, listens at once. Its one new word is the package.
'use strict';
const http = require('node:http');
const { messageBuilder, StateFun } = require('millrace/statefun');

const statefun = new StateFun();

statefun.bind({
  typename: 'program/visits',
  specs: [{ name: 'visits', type: StateFun.intType() }],
  fn(context) {
    const { caller, self, storage } = context;
    storage.visits = (storage.visits ?? 0) + 1;
    if (caller !== null) {
      context.send(messageBuilder({ typename: caller.typename, id: caller.id, value: `${storage.visits} from ${self.id}` }));
    }
  },
});

http.createServer(statefun.handler()).listen(8000);
