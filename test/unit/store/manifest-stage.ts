/**
 * A manifest on a simulated disk, with payloads that say which epoch they are of.
 */
import { Manifest } from '../../../src/store/manifest.ts';
import type { ManifestEntry } from '../../../src/store/manifest-entry.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { newDisk } from './changelog-stage.ts';

export const DATA = '/data';

export function payloadOf(epoch: number): Uint8Array {
  return Buffer.from(`epoch ${epoch}`);
}

export function plainEntries(entries: readonly ManifestEntry[]): (readonly [number, string])[] {
  return entries.map(({ epoch, bytes }) => [epoch, Buffer.from(bytes).toString()]);
}

/** A disk with a manifest of these epochs; those after `replacedAt` are in a second file. */
export async function writeManifest(
  epochs: readonly number[],
  replacedAt?: number,
  paddingBytes = 0,
): Promise<SimulatedFileSystem> {
  const disk = newDisk(DATA);
  const { manifest } = Manifest.open(disk, DATA, paddingBytes);
  for (const epoch of epochs) {
    await (epoch === replacedAt ? manifest.replace(epoch, payloadOf(epoch)) : manifest.commit(epoch, payloadOf(epoch)));
  }
  manifest.close();
  return disk;
}

/** Opens as an engine does: the last entry that was found is stated in a new file. */
export async function openAll(disk: SimulatedFileSystem): Promise<ReturnType<typeof Manifest.open>> {
  const opened = Manifest.open(disk, DATA);
  const last = opened.entries.at(-1);
  if (last !== undefined) await opened.manifest.replace(last.epoch, last.bytes);
  return opened;
}
