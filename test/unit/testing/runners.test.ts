/**
 * `millrace/testing` knows no test runner. The tests beside this one use vitest; here it is Node's own.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../../tool.ts';

test('works under node:test', async () => {
  const sample = join(ROOT, 'test/unit/testing/node-test-sample.ts');
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', sample], { env });
  expect(stdout).toMatch(/^ok 1 - a message is counted/m);
  expect(stdout).toMatch(/^ok 2 - and counted once, whatever crashes/m);
  expect(stdout).toMatch(/^not ok 3 - a wrong expectation fails # TODO/m);
  expect(stdout).toContain('seed 1 failed: as ordered');
  expect(stdout).toContain('test/counter "Kim" got 2 from outside');
});
