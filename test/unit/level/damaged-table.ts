/**
 * Reads damaged copies of a database, one after the other, and prints what came of each: `noticed`, `harmless`, or what
 * was wrong. In a process of its own, because LevelDB answers some damage by aborting the whole process.
 *
 * Arguments: the intact directory, a directory for the copies, the first round, and the one to stop before.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeFileSystem } from '../../../src/base/node-file-system.ts';
import { Prng } from '../../../src/base/prng.ts';
import { openStore } from '../../../src/level/level-store.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';
import { CheckedStore } from '../../../src/store/checked-store.ts';
import { bytes, entriesOf, text } from '../../../src/testing/store-case.ts';
import { KEYS, valueOf } from './sample-database.ts';

class Reading {
  errorCount = 0;
  missingCount = 0;
  readonly #wrong: string[] = [];

  get outcome(): string {
    if (this.#wrong.length > 0) return `wrong: ${this.#wrong[0]}`;
    if (this.errorCount > 0) return 'noticed';
    return this.missingCount > 0 ? `${this.missingCount} missing and not noticed` : 'harmless';
  }

  /** Looks at everything in all ways. */
  async run(directory: string): Promise<void> {
    const store = await openStore({ directory, fileSystem: new NodeFileSystem(), cacheBytes: 1 << 20 });
    const checked = new CheckedStore(store);
    for (const key of KEYS) {
      await this.attempt(async () => {
        const [value] = await checked.getMany([bytes(key)]);
        if (value === undefined) this.missingCount++;
        else this.#expect(key, value);
      });
    }
    await this.attempt(async () => {
      for (const { key, value } of await entriesOf(checked.scan(bytes(''), undefined))) this.#expect(text(key), value);
    });
    const { damagedCount, failure } = await checked.scrub();
    if (damagedCount > 0 || failure !== undefined) this.errorCount++;
    await checked.close();
  }

  async attempt(read: () => Promise<void>): Promise<void> {
    await read().catch((error: unknown) => {
      if (error instanceof MillraceError) this.errorCount++;
      else this.#wrong.push(String(error));
    });
  }

  #expect(key: string, value: Uint8Array): void {
    if (text(value) !== valueOf(key)) this.#wrong.push(`${key}=${text(value)}`);
  }
}

const [intact = '', copies = '', first, end] = process.argv.slice(2);
const table = readdirSync(intact).find((name) => name.endsWith('.ldb')) ?? '';
for (let round = Number(first); round < Number(end); round++) {
  const directory = join(copies, String(round));
  cpSync(intact, directory, { recursive: true });
  const bits = readFileSync(join(directory, table));
  const prng = new Prng(round);
  bits[prng.below(bits.length)] ^= 1 << prng.below(8);
  writeFileSync(join(directory, table), bits);
  const reading = new Reading();
  await reading.attempt(() => reading.run(directory));
  console.log(reading.outcome);
  rmSync(directory, { recursive: true });
}
