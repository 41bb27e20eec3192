/**
 * Keeps the manifest: reads it when the store opens, and replaces it atomically whenever logs or tables come or go. Its
 * updates are carried out one after the other, each from the outcome of the one before.
 */
import { crc32 } from 'node:zlib';
import type { FileSystem } from '../src/base/file-system.ts';
import { makeDurableDirectory } from '../src/store/durable-directory.ts';
import { damaged, tooNew } from '../src/store/storage-failure.ts';
import { isNumbered, manifestPath, newManifestPath } from './file-names.ts';
import { MANIFEST_MAGIC, MANIFEST_VERSION, type ManifestState } from './manifest-layout.ts';

const LINE = /^(\S+) (\d+) ([0-9a-f]{8}) (.*)\n$/;

export class Manifest {
  state: ManifestState;
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  #nextNumber: number;
  #updates: Promise<void> = Promise.resolve();

  private constructor(fileSystem: FileSystem, directory: string, state: ManifestState) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.state = state;
    this.#nextNumber = state.nextNumber;
  }

  /** Reads the manifest of a directory, or makes that of a new store. */
  static async open(fileSystem: FileSystem, directory: string): Promise<Manifest> {
    const path = manifestPath(directory);
    if (fileSystem.exists(path)) return new Manifest(fileSystem, directory, readManifest(fileSystem, path));
    if (fileSystem.list(directory).some(isNumbered)) {
      throw damaged(path, 0, 'the manifest is missing, although there are logs or tables');
    }
    await makeDurableDirectory(fileSystem, directory);
    const manifest = new Manifest(fileSystem, directory, { nextNumber: 1, logs: [], tables: [] });
    await manifest.update((state) => state);
    return manifest;
  }

  /** A number for a new log or table. */
  takeNumber(): number {
    return this.#nextNumber++;
  }

  /** Resolves when the new state is durable. What it names must be durable already, with its name. */
  update(change: (state: ManifestState) => ManifestState): Promise<void> {
    const update = this.#updates.then(() => this.#write(change(this.state)));
    // Whoever comes next writes from the state that is, whether or not this one succeeds; a failure is its own affair.
    this.#updates = update.catch(() => {});
    return update;
  }

  async #write(change: ManifestState): Promise<void> {
    const state = { ...change, nextNumber: this.#nextNumber };
    const path = newManifestPath(this.#directory);
    if (this.#fileSystem.exists(path)) this.#fileSystem.remove(path);
    const file = this.#fileSystem.open(path, 'create');
    try {
      file.append(encodeManifest(state));
      await file.sync();
    } finally {
      file.close();
    }
    this.#fileSystem.rename(path, manifestPath(this.#directory));
    await this.#fileSystem.syncDirectory(this.#directory);
    this.state = state;
  }
}

function encodeManifest(state: ManifestState): Uint8Array {
  const json = JSON.stringify(state);
  return Buffer.from(`${MANIFEST_MAGIC} ${MANIFEST_VERSION} ${checksum(String(MANIFEST_VERSION), json)} ${json}\n`);
}

function checksum(version: string, json: string): string {
  return crc32(`${version} ${json}`).toString(16).padStart(8, '0');
}

function readManifest(fileSystem: FileSystem, path: string): ManifestState {
  const file = fileSystem.open(path, 'read');
  try {
    // Latin-1 keeps every byte apart, and the text is ASCII.
    const text = Buffer.from(file.readAt(0, file.byteLength())).toString('latin1');
    const [, magic, version = '', crc, json = ''] = LINE.exec(text) ?? [];
    if (magic !== MANIFEST_MAGIC || checksum(version, json) !== crc) {
      throw damaged(path, 0, 'the manifest does not match its checksum');
    }
    if (Number(version) > MANIFEST_VERSION) {
      throw tooNew(path, Number(version), MANIFEST_VERSION);
    }
    return JSON.parse(json) as ManifestState;
  } finally {
    file.close();
  }
}
