/**
 * The manifest: which epochs are committed, and what each consists of. Its last valid entry is the truth after a crash;
 * what an entry says is the caller's business. The coordinator owns it, one commit at a time.
 *
 * An append-only file per generation; `replace` begins a new one. A commit resolves when its entry is durable and not
 * before (I8). After a failed write or sync this object refuses everything (I9): what is on disk is then unknown until
 * the directory is opened again.
 */
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import type { FileSystem, OpenFile } from '../base/file-system.ts';
import type { MillraceError } from '../sdk/errors.ts';
import { CommitWitness } from './commit-witness.ts';
import { decodeEntries, encodeEntry, type ManifestContent, type ManifestEntry } from './manifest-entry.ts';
import { PaddedFile } from './padded-file.ts';
import { callStorage, damaged, storageFailed } from './storage-failure.ts';

const MANIFEST_NAME = /^manifest-(\d{10})(\.new)?$/;

function manifestPath(directory: string, number: number): string {
  return join(directory, `manifest-${String(number).padStart(10, '0')}`);
}

/** The manifest file in use. */
interface Generation {
  readonly number: number;
  readonly file: PaddedFile;
  /** How long its first entry is, which is full. */
  readonly firstByteLength: number;
  /** Where its entries end. */
  byteLength: number;
  lastEpoch: number;
}

export class Manifest {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #witness: CommitWitness;
  readonly #paddingBytes: number;
  #generation: Generation | undefined;
  /** Whether the file is one that `open` has found. What is in it may be in the page cache only. */
  #isFound: boolean;
  #isBusy = false;
  #isClosed = false;
  #failure: MillraceError | undefined;

  /**
   * Opens the newest manifest of a directory, which must exist durably, and gives its entries, oldest first; the first is
   * full, the others add to it. A torn last one is left out. Changes nothing. What it finds may be in the page cache
   * only, and a sync of it may have failed in a process that is gone: so `replace` comes next, which states the last entry
   * in a new file, before anything acts on it (I9). `paddingBytes`: its file grows by so many bytes at a time.
   */
  static open(
    fileSystem: FileSystem,
    directory: string,
    paddingBytes = 0,
  ): { manifest: Manifest; entries: ManifestEntry[] } {
    const witness = new CommitWitness(fileSystem, directory);
    const number = newestManifest(fileSystem, directory);
    if (number === 0) {
      if (witness.epoch > 0) {
        throw damaged(manifestPath(directory, 1), 0, `epoch ${witness.epoch} was committed, but there is no manifest`);
      }
      return { manifest: new Manifest(fileSystem, directory, witness, paddingBytes), entries: [] };
    }
    const path = manifestPath(directory, number);
    const file = callStorage(path, () => fileSystem.open(path, 'append'));
    try {
      const { entries, end } = readManifest(file, path, number, witness);
      const { epoch: lastEpoch } = entries[entries.length - 1];
      const generation = { number, file: new PaddedFile(file), firstByteLength: end, byteLength: end, lastEpoch };
      return { manifest: new Manifest(fileSystem, directory, witness, paddingBytes, generation), entries };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Called by `open`. */
  constructor(
    fileSystem: FileSystem,
    directory: string,
    witness: CommitWitness,
    paddingBytes: number,
    generation?: Generation,
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#witness = witness;
    this.#paddingBytes = paddingBytes;
    this.#generation = generation;
    this.#isFound = generation !== undefined;
  }

  /** The length of its entries. */
  get byteLength(): number {
    return this.#generation?.byteLength ?? 0;
  }

  /**
   * Whether the next entry should replace it: when there is none yet, or so much has been added to the first entry as that
   * takes, and no less than `bytesMin` in all. So what is known is written again once for as much that is new, however
   * much it is.
   */
  isLong(bytesMin: number): boolean {
    const generation = this.#generation;
    if (generation === undefined) return true;
    return generation.byteLength >= Math.max(bytesMin, 2 * generation.firstByteLength);
  }

  /** Appends one entry and resolves when it is durable: now, and only now, its epoch is committed (I8). */
  async commit(epoch: number, bytes: Uint8Array): Promise<void> {
    const generation = this.#generation;
    if (generation === undefined) return this.replace(epoch, bytes);
    assert(!this.#isFound, 'what was found is stated in a new file before anything is added (I9)');
    assert(epoch > generation.lastEpoch, 'epochs only grow (I8)');
    const { number, file, byteLength } = generation;
    const both = encodeEntry({ epoch, bytes }, number, byteLength);
    await this.#writing(number, async () => {
      file.write(byteLength, both);
      file.pad(byteLength + both.length, this.#paddingBytes);
      await file.sync();
    });
    generation.byteLength += both.length;
    generation.lastEpoch = epoch;
    this.#witness.raise(epoch);
  }

  /**
   * The same, into a new file that replaces this one: the entry must be full. The epoch may be the last one again, which
   * states it anew in a file that owes nothing to the old one.
   */
  async replace(epoch: number, bytes: Uint8Array): Promise<void> {
    const old = this.#generation;
    assert(old === undefined ? epoch > 0 : epoch >= old.lastEpoch, 'epochs only grow (I8)');
    const number = (old?.number ?? 0) + 1;
    const both = encodeEntry({ epoch, bytes }, number, 0);
    const file = await this.#writing(number, () => this.#writeNew(number, both));
    old?.file.close();
    this.#generation = { number, file, firstByteLength: both.length, byteLength: both.length, lastEpoch: epoch };
    this.#settle(this.#generation);
  }

  close(): void {
    this.#isClosed = true;
    this.#generation?.file.close();
    this.#witness.close();
  }

  /** Writes a whole manifest under a temporary name and gives it its own when it is durable. */
  async #writeNew(number: number, bytes: Uint8Array): Promise<PaddedFile> {
    const path = manifestPath(this.#directory, number);
    const temporary = `${path}.new`;
    if (this.#fileSystem.exists(temporary)) this.#fileSystem.remove(temporary);
    const file = this.#fileSystem.open(temporary, 'create');
    try {
      file.append(bytes);
      await file.sync();
    } finally {
      file.close();
    }
    this.#fileSystem.rename(temporary, path);
    await this.#fileSystem.syncDirectory(this.#directory);
    return new PaddedFile(this.#fileSystem.open(path, 'append'));
  }

  /** One write at a time; after one that failed, none (I9). */
  async #writing<Result>(number: number, action: () => Promise<Result>): Promise<Result> {
    assert(!this.#isClosed, 'a closed manifest takes no more');
    assert(!this.#isBusy, 'one commit at a time');
    if (this.#failure !== undefined) throw this.#failure;
    this.#isBusy = true;
    try {
      return await action();
    } catch (cause) {
      this.#failure = storageFailed(manifestPath(this.#directory, number), cause);
      throw this.#failure;
    } finally {
      this.#isBusy = false;
    }
  }

  /** All of a generation is durable: says so, and removes the ones before. */
  #settle({ number, lastEpoch }: Generation): void {
    this.#isFound = false;
    this.#witness.raise(lastEpoch);
    try {
      for (const name of this.#fileSystem.list(this.#directory)) {
        const [, digits, temporary] = MANIFEST_NAME.exec(name) ?? [];
        if (digits === undefined || (Number(digits) >= number && temporary === undefined)) continue;
        this.#fileSystem.remove(join(this.#directory, name));
      }
    } catch {
      // Left-overs are never read while there is a newer manifest, and the next time removes them.
    }
  }
}

/** The number of the newest manifest in a directory, or 0. */
function newestManifest(fileSystem: FileSystem, directory: string): number {
  const names = callStorage(directory, () => fileSystem.list(directory));
  const numbers = names.map((name) => MANIFEST_NAME.exec(name)).filter((match) => match?.[2] === undefined);
  return Math.max(0, ...numbers.map((match) => Number(match?.[1] ?? 0)));
}

function readManifest(file: OpenFile, path: string, number: number, witness: CommitWitness): ManifestContent {
  const bytes = callStorage(path, () => file.readAt(0, file.byteLength()));
  const content = decodeEntries(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), path, number);
  const lastEpoch = content.entries.at(-1)?.epoch ?? 0;
  if (lastEpoch < witness.epoch) {
    const what = `epoch ${witness.epoch} was committed, but the last entry is of epoch ${lastEpoch}`;
    throw damaged(path, content.end, what);
  }
  return content;
}
