/**
 * Looks up an entity by the id in a record's key, without making a string of it: what a recovery does for every record,
 * of which most are of entities that it has seen before.
 */
import { hashAsciiId } from '../keys/id-hash.ts';
import { idEquals } from '../wire/id-bytes.ts';
import type { TargetView } from './entity-table.ts';

export class KeyView implements TargetView {
  targetType = 0;
  targetHash = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** The id has form ASCII and begins at `start`. */
  wrap(functionIndex: number, bytes: Buffer, start: number, end: number): void {
    this.targetType = functionIndex;
    this.targetHash = hashAsciiId(bytes, start, end);
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  targetIdEquals(id: string): boolean {
    return idEquals(id, this.#bytes, this.#start, this.#end - this.#start, true);
  }
}
