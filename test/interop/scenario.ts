/**
 * Greetings and shopping carts, and what must come of them: the same wherever it is played, be it on our engine or on a
 * Flink, with functions in whichever language. Every answer follows from what one sender has sent, in order; where it
 * depends on what somebody else has done before, there is a pause.
 */

/** Where it is played. */
export interface Ground {
  send(type: string, id: string, message: string): void;
  /** Resolves when there are so many records. */
  until(recordCount: number): Promise<void>;
  /** Resolves when nothing is under way any more. */
  settle(): Promise<void>;
  /** All records so far, each as `egress value`. */
  records(): readonly string[];
}

const GREETER = 'greeter.fns/greeter';
const CART = 'shop.fns/cart';
const STOCK = 'shop.fns/stock';
const USERS = ['ann', 'bob', 'cem', 'dot', 'eve', 'fay', 'gus', 'Zoë'];
const GREETINGS = 5;

export async function play(ground: Ground): Promise<readonly string[]> {
  let expected = 0;
  const each = async (recordsEach: number, act: (user: string) => void): Promise<void> => {
    for (const user of USERS) act(user);
    expected += recordsEach * USERS.length;
    await ground.until(expected);
    await ground.settle();
  };
  const shop = (user: string, ...messages: readonly string[]): void => {
    for (const message of messages) ground.send(CART, user, message);
  };
  await each(GREETINGS, (user) => {
    for (let count = 0; count < GREETINGS; count++) ground.send(GREETER, user, 'Hello');
  });
  await each(0, (user) => ground.send(STOCK, `rare-${user}`, 'restock 3'));
  ground.send(STOCK, 'socks', 'restock 1000');
  await ground.settle();
  await each(2, (user) => shop(user, `add rare-${user} 2`, 'add socks 1', 'add air 1', 'checkout'));
  await each(1, (user) => shop(user, `add rare-${user} 1`, `add rare-${user} 1`, 'add socks 2'));
  await each(1, (user) => shop(user, 'clear', 'checkout'));
  await each(1, (user) => shop(user, `add rare-${user} 1`, 'checkout'));
  return ground.records().map(inOrder).toSorted();
}

export function expectedRecords(): readonly string[] {
  const receipt = (user: string, text: string): string => `shop.fns/receipts receipts[${user}]=${user} ${text}`;
  return USERS.flatMap((user) => [
    ...Array.from({ length: GREETINGS }, (_, index) => `greeter.fns/greetings Hello ${user}, ${index + 1}`),
    receipt(user, 'misses air:1'),
    receipt(user, `buys rare-${user}:2,socks:1`),
    receipt(user, `misses rare-${user}:1`),
    receipt(user, 'buys nothing'),
    receipt(user, `buys rare-${user}:1`),
  ]).toSorted();
}

/** Which stock answers first is nobody's promise. */
function inOrder(record: string): string {
  const [head, basket] = record.split(' buys ');
  return basket === undefined ? record : `${head} buys ${basket.split(',').toSorted().join()}`;
}
