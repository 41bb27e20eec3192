/**
 * Segments that are open for reading here and there, each from its first use on.
 */
import type { FileSystem } from '../base/file-system.ts';
import { SegmentReader } from './changelog-reader.ts';

export class OpenSegments {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #readers = new Map<number, SegmentReader>();

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  readonly reader = (segment: number): SegmentReader => {
    let reader = this.#readers.get(segment);
    if (reader === undefined) {
      reader = new SegmentReader(this.#fileSystem, this.#directory, segment);
      this.#readers.set(segment, reader);
    }
    return reader;
  };

  close(): void {
    for (const reader of this.#readers.values()) reader.close();
    this.#readers.clear();
  }
}
