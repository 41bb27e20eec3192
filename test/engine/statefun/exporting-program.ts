/** A StateFun program that exports its object, and answers whoever asks. */
import { messageBuilder, StateFun } from '../../../src/statefun/index.ts';

const statefun = new StateFun();

statefun.bind({
  typename: 'program/counter',
  specs: [{ name: 'count', type: StateFun.longType() }],
  fn(context, message) {
    const { storage, caller } = context;
    storage.count = (storage.count ?? 0n) + BigInt(message.asInt() ?? 0);
    if (caller === null) return;
    const { typename, id } = caller;
    context.send(messageBuilder({ typename, id, value: storage.count, valueType: StateFun.longType() }));
  },
});

export default statefun;
