/**
 * The queue of the rivals: messages by reference, each with whom it is for. A ring in two arrays, targets and
 * messages, so that it is never shifted, stays in the cache, and needs no object per entry; and all of it closures over
 * local variables, which the compiler likes a quarter better than fields.
 */

export interface ParcelQueue<Target, Message> {
  push(target: Target, message: Message): void;
  /** Handles messages until there are none, those included that handling adds; returns how many. */
  run(): number;
}

const CAPACITY_MIN = 1024;

export function parcelQueue<Target, Message>(
  handle: (target: Target, message: Message) => void,
): ParcelQueue<Target, Message> {
  let targets = new Array<Target | undefined>(CAPACITY_MIN).fill(undefined);
  let messages = new Array<Message | undefined>(CAPACITY_MIN).fill(undefined);
  // Positions count on, modulo 2^32; what is between them lies at `position & mask`.
  let mask = CAPACITY_MIN - 1;
  let head = 0;
  let tail = 0;

  const push = (target: Target, message: Message): void => {
    if (((tail - head) | 0) > mask) grow();
    const at = tail & mask;
    targets[at] = target;
    messages[at] = message;
    tail = (tail + 1) | 0;
  };

  const grow = (): void => {
    const first = head & mask;
    const room = mask + 1;
    targets = [...targets.slice(first), ...targets.slice(0, first), ...new Array<undefined>(room).fill(undefined)];
    messages = [...messages.slice(first), ...messages.slice(0, first), ...new Array<undefined>(room).fill(undefined)];
    head = 0;
    tail = room;
    mask = room * 2 - 1;
  };

  const run = (): number => {
    let count = 0;
    while (head !== tail) {
      const at = head & mask;
      const target = targets[at] as Target;
      const message = messages[at] as Message;
      head = (head + 1) | 0;
      handle(target, message);
      count++;
    }
    return count;
  };

  return { push, run };
}
