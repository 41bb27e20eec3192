/**
 * The keys of the two rows of a timer that is being set, as bytes; `timer-layout.ts` has the picture, and says the same
 * of keys as text. One object for all timers of a shard, since it is wanted for each of them: what it says is true until
 * the next.
 */
import { addressBytes, groupPrefix } from '../state/row.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../store/key-layout.ts';

const GROUP_HEAD_BYTES = 3;
const STAMP_BYTES = 17;
const OWNER_BYTES_MIN = 256;

export class TimerKeys {
  readonly timer: Buffer = Buffer.alloc(GROUP_HEAD_BYTES + STAMP_BYTES);
  owner: Buffer = Buffer.alloc(OWNER_BYTES_MIN);
  /** Bytes of `owner` in use. */
  ownerBytes = 0;
  /** Whose keys `owner` begins with: one invocation sets many timers, all of one sender. */
  #keyGroup = -1;
  #type = '';
  #id = '';
  #prefixBytes = 0;

  set(keyGroup: number, type: string, id: string, dueMs: number, epoch: number, counter: number): void {
    const { timer } = this;
    timer[0] = keyGroup >>> 8;
    timer[1] = keyGroup & 0xff;
    timer[2] = SECTION_TIMER;
    timer.writeUIntBE(dueMs, GROUP_HEAD_BYTES, 6);
    timer.writeUIntBE(epoch, GROUP_HEAD_BYTES + 6, 6);
    timer.writeUIntBE(counter, GROUP_HEAD_BYTES + 12, 5);
    if (keyGroup !== this.#keyGroup || id !== this.#id || type !== this.#type) this.#setOwner(keyGroup, type, id);
    const { owner } = this;
    const at = this.#prefixBytes - GROUP_HEAD_BYTES;
    for (let index = GROUP_HEAD_BYTES; index < timer.length; index++) owner[at + index] = timer[index];
  }

  #setOwner(keyGroup: number, type: string, id: string): void {
    const prefix = groupPrefix(SECTION_TIMER_OF, keyGroup) + addressBytes(type, id);
    const ownerBytes = prefix.length + STAMP_BYTES;
    if (this.owner.length < ownerBytes) this.owner = Buffer.alloc(ownerBytes * 2);
    this.owner.write(prefix, 0, 'latin1');
    this.ownerBytes = ownerBytes;
    this.#prefixBytes = prefix.length;
    this.#keyGroup = keyGroup;
    this.#type = type;
    this.#id = id;
  }
}
