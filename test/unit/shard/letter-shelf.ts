/**
 * A shelf of very many dead letters in one shard, for tests of how much of them is in memory: the real rows and requests
 * over a store that notes what it has given.
 */
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { DeadLetterRows, type DeadLetterRow, encodeMessage } from '../../../src/shard/failing/dead-letters.ts';
import type { DeadLetterPlace } from '../../../src/shard/requests/dead-letter-place.ts';
import { deadLetterTopics } from '../../../src/shard/requests/dead-letter-requests.ts';
import type { RequestTopics, RequestWork } from '../../../src/shard/requests/requests.ts';
import type { Workplace } from '../../../src/shard/workplace.ts';
import { RecordWriter } from '../../../src/state/record-writer.ts';
import { groupPrefix, keyBytes, unsigned } from '../../../src/state/row.ts';
import { SECTION_DEAD_LETTER } from '../../../src/store/key-layout.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import { codec, settle } from './durable-stage.ts';
import { RowStage } from './row-stage.ts';

const GROUP = keyGroupOfHash(hashId('Kim'));
/** As many as the store is told of together. */
export const UNSTORED_COUNT_MAX = 1 << 15;
/** Of what is read from the store together. */
export const GROUP_COUNT = 64;

/** A value as the store has it. */
function stored(value: unknown): Uint8Array {
  const writer = new RecordWriter(codec, 256);
  writer.writeRow('', value);
  return Uint8Array.from(writer.bytes.subarray(6, writer.length));
}

const row: DeadLetterRow = {
  type: 'test/first',
  id: 'Kim',
  source: null,
  message: encodeMessage({ n: 1 }),
  meta: null,
  error: { name: 'Error', message: 'no' },
  attempts: 1,
  firstFailedAt: 5,
  failedAt: 5,
};

/** A store of many dead letters in one key group, which notes how many of them it has given. */
export class LetterShelf {
  readonly on = new RowStage();
  readonly place: DeadLetterPlace;
  readonly #topics: RequestTopics;
  /** Of all of them. */
  readonly keys: readonly string[];
  givenCount = 0;
  /** How often the store was to be brought up to date. */
  soonCount = 0;

  constructor(count: number) {
    const { rows, store } = this.on;
    const entries = Array.from({ length: count }, (_, index) => ({
      key: keyBytes(groupPrefix(SECTION_DEAD_LETTER, GROUP) + unsigned(index, 6) + unsigned(1, 4)),
      value: stored({ ...row, failedAt: index }),
    }));
    this.keys = entries.map(({ key }) => key.toString('latin1'));
    const prefix = groupPrefix(SECTION_DEAD_LETTER, GROUP);
    store.contents.set(prefix, stored(true));
    for (const { key, value } of entries) store.contents.set(key.toString('latin1'), value);
    const scan: StateStore['scan'] = (from, before) => this.#scan(entries, from, before);
    store.scan = scan;
    this.place = {
      workplace: { rows } as unknown as Workplace,
      letters: new DeadLetterRows(rows, true, () => 0.5),
      firstGroup: 0,
      endGroup: 1024,
      mailboxCount: () => 0,
      room: () => 1,
      storeSoon: () => void this.soonCount++,
      progressed: () => {},
    };
    this.#topics = deadLetterTopics(this.place);
  }

  async *#scan(
    entries: readonly { readonly key: Buffer; readonly value: Uint8Array }[],
    from: Uint8Array,
    before: Uint8Array | undefined,
  ) {
    const first = entries.findIndex(({ key }) => key.compare(from) >= 0);
    for (let at = first; first >= 0 && at < entries.length; at += GROUP_COUNT) {
      const group = entries.slice(at, at + GROUP_COUNT).filter(({ key }) => !before || key.compare(before) < 0);
      if (group.length === 0) return;
      this.givenCount += group.length;
      yield group;
    }
  }

  begin(topic: string, body: unknown, isRepeated = false): RequestWork {
    return this.#topics[`dead-letters.${topic}`](body, isRepeated);
  }
}

/** Turns until it is done or has to wait for the store; `look` looks after each slice. */
export async function work(request: RequestWork, look: (count: number) => void = () => {}) {
  let count = 0;
  for (;;) {
    if (!request.hasWork && !request.isWaiting) return { count, isDone: false, value: null };
    const slice = request.work();
    count += slice?.count ?? 0;
    look(count);
    if (slice?.isDone === true) return { count, isDone: true, value: slice.value };
    await settle();
  }
}
