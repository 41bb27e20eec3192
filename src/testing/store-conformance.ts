/**
 * The conformance suite of state stores: whoever writes a store runs it, and Millrace's own stores pass it. It belongs to
 * no test framework: it registers its cases with the `test` function that it is given, and a case fails by throwing.
 *
 * ```
 *   import { test } from 'node:test';
 *   import { storeConformance } from 'millrace/testing';
 *
 *   storeConformance({ test, openStore, makeDirectory, fileSystem });
 * ```
 */
import { BASIC_CASES } from './store-basic-cases.ts';
import { type StoreCase, type StoreConformanceOptions, StoreSubject } from './store-case.ts';
import { DURABILITY_CASES } from './store-durability-cases.ts';
import { MODEL_CASES } from './store-model-cases.ts';
import { SCAN_CASES } from './store-scan-cases.ts';

const CASES: readonly StoreCase[] = [...BASIC_CASES, ...SCAN_CASES, ...DURABILITY_CASES, ...MODEL_CASES];

export function storeConformance(options: StoreConformanceOptions): void {
  for (const { name, run } of CASES) {
    options.test(name, async () => {
      const subject = await StoreSubject.open(options);
      try {
        await run(subject);
      } finally {
        await subject.store.close();
      }
    });
  }
}
