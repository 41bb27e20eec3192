/**
 * The coordinator's part of a savepoint: how far the ingresses have come, what the egresses have committed and not yet
 * handed over, and the idempotency keys. Written as of one checkpoint; read into the journals of a new data directory.
 */
import type { CarriedTrace } from '../sdk/trace.ts';
import type { FileSystem } from '../base/file-system.ts';
import { EgressJournal, type EgressPosition } from '../io/egress-journal.ts';
import type { IngressPosition } from '../io/ingress-pump.ts';
import { segmentPath } from '../store/changelog-segment.ts';
import { makeDurableDirectory } from '../store/durable-directory.ts';
import { syncFile, syncNames } from '../store/durable-file.ts';
import { CONTENT_COORDINATOR } from '../store/savepoint-layout.ts';
import type { SavepointRecord } from '../store/savepoint-reader.ts';
import { SavepointWriter } from '../store/savepoint-writer.ts';
import { KIND_EGRESS, TYPE_NONE } from '../wire/envelope-layout.ts';
import { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { allocateShapeRegistry, ShapeRegistry } from '../wire/shape-registry.ts';
import { formOf } from '../wire/structured-data.ts';
import { decodeTagged, encodeTagged } from '../wire/tagged-value.ts';
import type { CheckpointEntry } from './checkpoint-entry.ts';
import type { DataDirectory } from './data-directory.ts';

const INGRESS = 'ingress';
const EGRESS = 'egress';
const RECORD = 'record';
const KEYS = 'keys';
/** Idempotency keys in one record. */
const KEYS_COUNT = 1_000;

/** An egress as a savepoint remembers it; what lies where is for the journal that is made of it. */
type PortableEgress = Pick<EgressPosition, 'acknowledged' | 'committed' | 'sink'>;

/** What of a checkpoint's entry concerns the coordinator. */
export type CoordinatorEntry = Pick<CheckpointEntry, 'ingresses' | 'egresses' | 'keys'>;

/** A new file with the part as of this entry, whose `keys` are all keys; to be finished by the caller. */
export function writeCoordinatorPart(
  fileSystem: FileSystem,
  path: string,
  entry: CoordinatorEntry,
  egressDirectory: (type: string) => string,
): SavepointWriter {
  const writer = new SavepointWriter(fileSystem, path, {
    content: CONTENT_COORDINATOR,
    firstKeyGroup: 0,
    endKeyGroup: 0,
  });
  try {
    writeEntry(writer, fileSystem, entry, egressDirectory);
  } catch (error) {
    writer.close();
    throw error;
  }
  return writer;
}

function writeEntry(
  writer: SavepointWriter,
  fileSystem: FileSystem,
  { ingresses, egresses, keys }: CoordinatorEntry,
  egressDirectory: (type: string) => string,
): void {
  const put = (kind: string, name: string, value: unknown, trace?: CarriedTrace): void => {
    writer.put(encodeTagged(trace === undefined ? [kind, name] : [kind, name, trace]), encodeTagged(value));
  };
  for (const [type, position] of Object.entries(ingresses)) put(INGRESS, type, position);
  for (const [type, position] of Object.entries(egresses)) {
    const { acknowledged, committed, sink } = position;
    put(EGRESS, type, { acknowledged, committed, sink } satisfies PortableEgress);
    EgressJournal.read(fileSystem, egressDirectory(type), position, ({ payload, trace }) => {
      put(RECORD, type, payload, trace);
    });
  }
  for (let at = 0; at < keys.length; at += KEYS_COUNT) put(KEYS, '', keys.slice(at, at + KEYS_COUNT));
}

/** Takes the part up again, into the journals of a data directory without any. */
export class CoordinatorImport {
  readonly #data: DataDirectory;
  readonly #epoch: number;
  readonly #shapes = new ShapeRegistry(allocateShapeRegistry());
  readonly #writer = new EnvelopeWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER));
  readonly #ingresses: Record<string, IngressPosition> = {};
  readonly #positions: Record<string, PortableEgress> = {};
  readonly #journals = new Map<string, EgressJournal>();
  readonly #keys: string[] = [];

  constructor(data: DataDirectory, epoch: number) {
    this.#data = data;
    this.#epoch = epoch;
  }

  async take(records: readonly SavepointRecord[]): Promise<void> {
    for (const { key, value } of records) {
      const [kind, name, trace] = decodeTagged(key) as [string, string, CarriedTrace?];
      const content = decodeTagged(value);
      if (kind === INGRESS) this.#ingresses[name] = content as IngressPosition;
      else if (kind === KEYS) for (const each of content as string[]) this.#keys.push(each);
      else if (kind === EGRESS) await this.#openJournal(name, content as PortableEgress);
      else if (kind === RECORD) this.#add(name, content, trace);
    }
  }

  async #openJournal(type: string, portable: PortableEgress): Promise<void> {
    const directory = this.#data.egressDirectory(type);
    await makeDurableDirectory(this.#data.fileSystem, directory);
    const { acknowledged, sink } = portable;
    // As if nothing was pending; the records that are come next, as one epoch.
    const position = {
      acknowledged,
      committed: acknowledged,
      sink,
      acknowledgedEpoch: this.#epoch - 1,
      last: undefined,
    };
    const journal = EgressJournal.open(this.#data.fileSystem, directory, this.#shapes, position, () => {});
    this.#positions[type] = portable;
    this.#journals.set(type, journal);
  }

  #add(type: string, record: unknown, trace: CarriedTrace | undefined): void {
    this.#writer.write(KIND_EGRESS, 0, 0, '', TYPE_NONE, '', record, formOf(record), trace && { trace });
    const words = new Int32Array((this.#writer.byteLength + 3) >> 2);
    this.#writer.placeInto(words, 0);
    this.#journals.get(type)?.add(this.#epoch, words, 0, this.#writer.byteLength);
  }

  /** Resolves when all is durable; what it returns is for the manifest. */
  async finish(): Promise<CoordinatorEntry> {
    const egresses: Record<string, EgressPosition> = {};
    for (const [type, journal] of this.#journals) {
      const written = journal.endEpoch(this.#epoch);
      if (written !== undefined) {
        const { directory, location } = written;
        await syncFile(this.#data.fileSystem, segmentPath(directory, location.segment));
        await syncNames(this.#data.fileSystem, directory);
      }
      const { acknowledged, sink } = this.#positions[type];
      egresses[type] = journal.position(acknowledged, sink);
    }
    this.close();
    return { ingresses: this.#ingresses, egresses, keys: this.#keys };
  }

  close(): void {
    for (const journal of this.#journals.values()) journal.close();
  }
}
