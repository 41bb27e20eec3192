// Prints "N passed, N failed, N skipped" from the JSON report of a test run. A run that broke without a failed test (a file that
// could not be loaded, an install that did not finish) counts as failed as well, so that the line never looks clean
// when the exit code is not. Plain JavaScript: it runs on whatever Node the machine has.
import { existsSync, readFileSync } from 'node:fs';

const [reportPath, exitCode] = process.argv.slice(2);
const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, 'utf8')) : undefined;
const passed = report?.numPassedTests ?? 0;
const brokenFiles = report?.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
const counted = (report?.numFailedTests ?? 0) + (brokenFiles?.length ?? 0);
// Tests that name what they lack here, and those that are still to be written.
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
const failed = exitCode === '0' ? counted : Math.max(1, counted);

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
