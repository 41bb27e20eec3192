/**
 * One shard's part of a savepoint: its entities and its messages in flight as they were at a committed checkpoint, copied
 * into files of their own while the shard goes on. The store is brought to exactly that epoch and held there; then a scan,
 * which sees the store as it is at that moment, and a copy of the messages of that epoch's delta are enough, and folding
 * goes on.
 *
 * It works in slices, and everything that waits for the disk happens elsewhere. When it fails, the savepoint fails and
 * the shard does not: nothing here may change what is committed.
 */
import type { ShardIndex } from '../../base/brand.ts';
import type { FileSystem } from '../../base/file-system.ts';
import { keyGroupRange } from '../../keys/key-group.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import { firstKeyOf } from '../../store/key-layout.ts';
import { MessageDigest, StateDigest } from '../../store/savepoint-digest.ts';
import { CONTENT_MESSAGES, CONTENT_STATE } from '../../store/savepoint-layout.ts';
import { type SavepointFile, SavepointWriter } from '../../store/savepoint-writer.ts';
import type { StateStore, StoreEntry } from '../../store/state-store.ts';
import type { Fold } from './fold.ts';
import { encodePortable, messagesOfDelta, type PortableMessage } from './portable-message.ts';

/** Messages that one turn copies, and bytes of state. */
const SLICE_COUNT = 256;
const SCAN_GROUP_BYTES = 1 << 15;

/** What the coordinator orders, right after it has committed the epoch. */
export interface SavepointOrder {
  readonly epoch: number;
  readonly path: string;
}

/** What a shard has written, or why it has not. */
export interface SavepointPart {
  readonly epoch: number;
  readonly failure: string | undefined;
  readonly files: readonly SavepointFile[];
  /** See `StateDigest.groups`. */
  readonly groupDigests: Uint8Array;
  readonly messageDigest: string;
}

export interface SavepointPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly store: StateStore;
  readonly fold: Fold;
  readonly shard: number;
  readonly shardCount: number;
  written(part: SavepointPart): void;
  /** Something that was waited for has come: a turn is due. */
  progressed(): void;
}

/** A savepoint under way. */
interface Copy {
  readonly order: SavepointOrder;
  readonly stateDigest: StateDigest;
  readonly messageDigest: MessageDigest;
  readonly messageWriter: SavepointWriter;
  readonly messages: Generator<PortableMessage | undefined, void>;
  readonly stateWriter: SavepointWriter;
  readonly scan: AsyncIterator<readonly StoreEntry[]>;
}

export class ShardSavepoint {
  readonly #place: SavepointPlace;
  /** What is to be copied as soon as the store stands where it must. */
  #order: SavepointOrder | undefined;
  #location: DeltaLocation | undefined;
  #copy: Copy | undefined;
  #areMessagesCopied = false;
  /** Entries that the scan has brought. */
  #entries: readonly StoreEntry[] | undefined;
  #isWaiting = false;
  #failure: unknown;

  constructor(place: SavepointPlace) {
    this.#place = place;
  }

  /** Whether something is under way whose end comes through the event loop. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  get hasWork(): boolean {
    if (this.#failure !== undefined || this.#entries !== undefined) return true;
    if (this.#copy !== undefined) return !this.#areMessagesCopied;
    return this.#order !== undefined && this.#place.fold.isHeld;
  }

  /** The last committed epoch is this one, of which the run counts so many, and its delta lies there. */
  begin(order: SavepointOrder, runEpoch: number, location: DeltaLocation): void {
    this.#order = order;
    this.#location = location;
    this.#place.fold.holdAt(runEpoch);
  }

  /** One slice. Returns how much there was to do. */
  work(): number {
    if (this.#order === undefined) return 0;
    if (this.#failure !== undefined) {
      this.#fail(this.#order, this.#failure);
      return 1;
    }
    try {
      return this.#slice(this.#order);
    } catch (cause) {
      this.#fail(this.#order, cause);
      return 1;
    }
  }

  #slice(order: SavepointOrder): number {
    if (this.#copy === undefined) {
      if (!this.#place.fold.isHeld) return 0;
      this.#copy = this.#newCopy(order, this.#location as DeltaLocation);
      return 1;
    }
    if (!this.#areMessagesCopied) return this.#copyMessages(this.#copy);
    return this.#entries === undefined ? 0 : this.#copyEntries(this.#copy, this.#entries);
  }

  #newCopy(order: SavepointOrder, location: DeltaLocation): Copy {
    const { fileSystem, directory, store, shard, shardCount } = this.#place;
    const { first, end } = keyGroupRange(shard as ShardIndex, shardCount);
    const range = { firstKeyGroup: first, endKeyGroup: end };
    const stateDigest = new StateDigest();
    const messageDigest = new MessageDigest();
    const newWriter = (content: number, digest: StateDigest | MessageDigest): SavepointWriter =>
      new SavepointWriter(fileSystem, order.path, { content, ...range }, digest);
    const messageWriter = newWriter(CONTENT_MESSAGES, messageDigest);
    try {
      const stateWriter = newWriter(CONTENT_STATE, stateDigest);
      const messages = eachMessage(fileSystem, directory, location);
      const scan = store.scan(firstKeyOf(first), firstKeyOf(end), SCAN_GROUP_BYTES)[Symbol.asyncIterator]();
      return { order, stateDigest, messageDigest, messageWriter, messages, stateWriter, scan };
    } catch (error) {
      messageWriter.close();
      throw error;
    }
  }

  /** Until all are copied the store is held, and so is the delta that they lie in. */
  #copyMessages({ messages, messageWriter, scan }: Copy): number {
    for (let count = 0; count < SLICE_COUNT; count++) {
      const { done, value } = messages.next();
      if (done === true) {
        this.#areMessagesCopied = true;
        this.#place.fold.release();
        this.#wait(scan.next(), (result) => this.#come(result));
        return 1;
      }
      if (value === undefined) break;
      const { key, value: message } = encodePortable(value);
      messageWriter.put(key, message);
    }
    return 1;
  }

  #come({ done, value }: IteratorResult<readonly StoreEntry[]>): void {
    if (done !== true) this.#entries = value;
    else if (this.#copy !== undefined) this.#wait(finish(this.#copy), (part) => this.#end(part));
  }

  #copyEntries({ stateWriter, scan }: Copy, entries: readonly StoreEntry[]): number {
    for (const { key, value } of entries) stateWriter.put(key, value);
    this.#entries = undefined;
    this.#wait(scan.next(), (result) => this.#come(result));
    return entries.length;
  }

  #wait<Result>(promise: Promise<Result>, then: (result: Result) => void): void {
    const copy = this.#copy;
    const settle = (work: () => void): void => {
      // The shard has been closed meanwhile.
      if (copy !== this.#copy) return;
      this.#isWaiting = false;
      work();
      this.#place.progressed();
    };
    this.#isWaiting = true;
    promise.then(
      (result) => settle(() => then(result)),
      (cause: unknown) => settle(() => void (this.#failure = cause ?? new Error('nobody knows why'))),
    );
  }

  #end(part: SavepointPart): void {
    this.#forget();
    this.#place.written(part);
  }

  #fail({ epoch }: SavepointOrder, cause: unknown): void {
    this.close();
    this.#place.fold.release();
    const failure = cause instanceof Error ? cause.message : String(cause);
    this.#place.written({ epoch, failure, files: [], groupDigests: new Uint8Array(0), messageDigest: '' });
  }

  /** Gives up what is under way, if anything. */
  close(): void {
    const copy = this.#copy;
    this.#forget();
    if (copy === undefined) return;
    copy.messageWriter.close();
    copy.stateWriter.close();
    // A scan that is being read ends by itself with its store.
    copy.scan.return?.().catch(() => {});
  }

  #forget(): void {
    this.#order = undefined;
    this.#copy = undefined;
    this.#areMessagesCopied = false;
    this.#entries = undefined;
    this.#isWaiting = false;
    this.#failure = undefined;
  }
}

/** One after the other; undefined where a turn may end. */
function* eachMessage(
  fileSystem: FileSystem,
  directory: string,
  location: DeltaLocation,
): Generator<PortableMessage | undefined, void> {
  for (const messages of messagesOfDelta(fileSystem, directory, location)) {
    yield* messages;
    yield undefined;
  }
}

async function finish(copy: Copy): Promise<SavepointPart> {
  const files = await Promise.all([copy.stateWriter.finish(), copy.messageWriter.finish()]);
  return {
    epoch: copy.order.epoch,
    failure: undefined,
    files,
    groupDigests: copy.stateDigest.groups(),
    messageDigest: copy.messageDigest.digest,
  };
}
