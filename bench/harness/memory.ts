/**
 * How much memory this process takes, as the operating system counts it.
 */
import { readFileSync } from 'node:fs';

export interface MemoryUse {
  readonly residentBytes: number;
  /** Without mapped files, whose pages the system takes back when it wants them; all of it where that is not told. */
  readonly anonymousBytes: number;
}

export function memoryUse(): MemoryUse {
  const residentBytes = process.memoryUsage.rss();
  if (process.platform !== 'linux') return { residentBytes, anonymousBytes: residentBytes };
  const status = readFileSync('/proc/self/status', 'utf8');
  return { residentBytes, anonymousBytes: bytesOf(status, 'RssAnon') + bytesOf(status, 'RssShmem') };
}

function bytesOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}
