/** A module that loads in the test's thread and in no other. */
import { isMainThread } from 'node:worker_threads';
import { defineModule } from '../../src/index.ts';

if (!isMainThread && process.env['VITEST_POOL_ID'] !== undefined) throw new Error('broken in workers');

export default defineModule({});
