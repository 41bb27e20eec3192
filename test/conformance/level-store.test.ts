/** The store on LevelDB is a state store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { NodeFileSystem } from '../../src/base/node-file-system.ts';
import { openStore } from '../../src/level/level-store.ts';
import { storeConformance } from '../../src/testing/store-conformance.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-level-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const makeDirectory = (): string => mkdtempSync(join(root, 'store-'));
storeConformance({ test, openStore, makeDirectory, fileSystem: new NodeFileSystem() });
