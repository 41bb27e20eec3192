/** The store without native code is a state store, on a real disk and on a simulated one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { openStore } from '../../native-free/log-store.ts';
import { NodeFileSystem } from '../../src/base/node-file-system.ts';
import { SimulatedFileSystem } from '../../src/testing/simulated-file-system.ts';
import { storeConformance } from '../../src/testing/store-conformance.ts';

describe('on the file system of the machine', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-native-free-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const makeDirectory = (): string => mkdtempSync(join(root, 'store-'));
  storeConformance({ test, openStore, makeDirectory, fileSystem: new NodeFileSystem() });
});

describe('on a simulated file system', () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  let directoryCount = 0;
  const makeDirectory = (): string => {
    const path = `/data-${++directoryCount}`;
    fileSystem.makeDirectory(path);
    return path;
  };
  storeConformance({ test, openStore, makeDirectory, fileSystem });
});
