/**
 * A transactional sink on the simulated disk: lines of JSON, and their length as the position. It cuts off what a crash
 * left beyond, and never syncs again once a sync has failed (I9).
 */
import type { EgressSink } from '../../src/index.ts';
import type { OpenFile } from '../../src/base/file-system.ts';
import type { SimulatedFileSystem } from '../../src/testing/simulated-file-system.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside } from '../../src/testing/workload.ts';

const PATH = '/out/lines';

interface FilePosition {
  readonly byteLength: number;
}

export function outputFileSink({ fileSystem, prng, linger }: Outside): EgressSink<unknown> {
  let file: OpenFile | undefined;
  let byteLength = 0;
  let failure: Error | undefined;
  return {
    open(position) {
      byteLength = (position as FilePosition | undefined)?.byteLength ?? 0;
      file = fileSystem.open(PATH, fileSystem.exists(PATH) ? 'append' : 'create');
      const found = file.byteLength();
      check(found >= byteLength, () => `${PATH} has ${found} bytes, and ${byteLength} were committed`);
      if (found > byteLength) file.truncate(byteLength);
    },
    async write(records) {
      if (prng.chance(0.5)) await linger();
      const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      file?.append(bytes);
      byteLength += bytes.length;
    },
    position: () => ({ byteLength }),
    async sync() {
      if (failure !== undefined) throw failure;
      try {
        await Promise.all([file?.sync(), fileSystem.syncDirectory('/out')]);
      } catch (cause) {
        failure = cause as Error;
        throw cause;
      }
    },
  };
}

/** The lines up to a position. */
export function readOutput<Item>(disk: SimulatedFileSystem, position: unknown): Item[] {
  const byteLength = (position as FilePosition | undefined)?.byteLength ?? 0;
  if (byteLength === 0) return [];
  const text = Buffer.from(disk.readFile(PATH).subarray(0, byteLength)).toString();
  check(
    text.length === byteLength && text.endsWith('\n'),
    () => `${PATH} ends at ${text.length}, not at ${byteLength}`,
  );
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Item);
}
