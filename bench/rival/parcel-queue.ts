/**
 * The queue of the rivals: messages by reference, each with the id that it is for. A ring in two arrays, ids and
 * messages, so that it is never shifted, stays in the cache, and needs no object per entry; and all of it closures over
 * local variables, which the compiler likes a quarter better than fields.
 */

export interface ParcelQueue<Message> {
  push(id: string, message: Message): void;
  /** Handles messages until there are none, those included that handling adds; returns how many. */
  run(): number;
}

const CAPACITY_MIN = 1024;

export function parcelQueue<Message>(handle: (id: string, message: Message) => void): ParcelQueue<Message> {
  let ids = new Array<string>(CAPACITY_MIN).fill('');
  let messages = new Array<Message | undefined>(CAPACITY_MIN).fill(undefined);
  // Positions count on, modulo 2^32; what is between them lies at `position & mask`.
  let mask = CAPACITY_MIN - 1;
  let head = 0;
  let tail = 0;

  const push = (id: string, message: Message): void => {
    if (((tail - head) | 0) > mask) grow();
    const at = tail & mask;
    ids[at] = id;
    messages[at] = message;
    tail = (tail + 1) | 0;
  };

  const grow = (): void => {
    const first = head & mask;
    const room = mask + 1;
    ids = [...ids.slice(first), ...ids.slice(0, first), ...new Array<string>(room).fill('')];
    messages = [...messages.slice(first), ...messages.slice(0, first), ...new Array<undefined>(room).fill(undefined)];
    head = 0;
    tail = room;
    mask = room * 2 - 1;
  };

  const run = (): number => {
    let count = 0;
    while (head !== tail) {
      const at = head & mask;
      const id = ids[at];
      const message = messages[at] as Message;
      head = (head + 1) | 0;
      handle(id, message);
      count++;
    }
    return count;
  };

  return { push, run };
}
