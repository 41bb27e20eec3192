/**
 * Gives dead letters other messages: one, or all that somebody goes through, batch by batch, each committed before the
 * next is begun. What a function would refuse is refused here, before anything of its batch is changed.
 */
import type { DeadLetter } from '../sdk/dead-letter.ts';
import type { Directory } from '../shard/function-binding.ts';
import type { EditBody } from '../shard/requests/dead-letter-edits.ts';
import { inspect } from '../wire/structured-data.ts';
import { encodeTagged } from '../wire/tagged-value.ts';
import { type DeadLetterPages, keyOf } from './dead-letter-pages.ts';
import type { ShardDoor } from './shard-door.ts';

const BATCH_COUNT = 1_024;
const BATCH_BYTES = 1 << 20;

type Edit = EditBody['edits'][number];

/** What becomes of them is counted here. */
export interface EditCounts {
  left: number;
  add(count: number): void;
}

export class DeadLetterEdits {
  readonly #door: ShardDoor;
  readonly #pages: DeadLetterPages;
  readonly #directory: Directory | undefined;

  /** Without a directory nobody's schema is asked. */
  constructor(door: ShardDoor, pages: DeadLetterPages, directory: Directory | undefined) {
    this.#door = door;
    this.#pages = pages;
    this.#directory = directory;
  }

  /** Whether there is such a dead letter. */
  async one(id: string, message: unknown): Promise<boolean> {
    const key = keyOf(id);
    inspect(message);
    if (this.#directory?.checksMessages === true) {
      for await (const letter of this.#pages.byIds([id])) this.#refuse(letter, message);
    }
    return (await this.#order(this.#pages.shardOf(key), [[key, encodeTagged(message)]])) > 0;
  }

  /** Those for which `change` gives nothing stay as they are. */
  async all(
    letters: AsyncIterable<DeadLetter>,
    change: (letter: DeadLetter) => unknown,
    counts: EditCounts,
  ): Promise<void> {
    let batch: Edit[] = [];
    let bytes = 0;
    for await (const letter of letters) {
      const message = change(letter);
      if (message === undefined) {
        counts.left++;
        continue;
      }
      inspect(message);
      this.#refuse(letter, message);
      const edit: Edit = [keyOf(letter.id), encodeTagged(message)];
      batch.push(edit);
      bytes += edit[1].length;
      if (batch.length < BATCH_COUNT && bytes < BATCH_BYTES) continue;
      counts.add(await this.#orderAll(batch));
      batch = [];
      bytes = 0;
    }
    counts.add(await this.#orderAll(batch));
  }

  /** What the function would not take: `MESSAGE_INVALID`. Of one that is not there nobody knows. */
  #refuse({ target }: DeadLetter, message: unknown): void {
    const number = this.#directory?.findFunction(target.type);
    if (number !== undefined) this.#directory?.checkMessage(number, message);
  }

  async #orderAll(batch: readonly Edit[]): Promise<number> {
    const byShard = Map.groupBy(batch, ([key]) => this.#pages.shardOf(key));
    const counts = await Promise.all([...byShard].map(([shard, edits]) => this.#order(shard, edits)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #order(shard: number, edits: readonly Edit[]): Promise<number> {
    const body: EditBody = { edits };
    const { count } = await this.#door.ask(shard, 'dead-letters.edit', body, { untilCommitted: true });
    return count;
  }
}
