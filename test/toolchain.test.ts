/**
 * The tools that read the whole project, run as tests by the very npm scripts that people use, so that one command and
 * one closing line speak for everything. Also: that the tests run on the Node they claim to run on.
 */
import { expect, test } from 'vitest';
import { complaintOf, runTool } from './tool.ts';

/** The line of Node that the devDependency `node` pins; another one is named by `npm run test:node-versions`. */
const NODE_MAJOR = process.env['MILLRACE_NODE_MAJOR'] ?? '26';

test('runs on the pinned line of Node', () => {
  expect(process.version).toMatch(new RegExp(`^v${NODE_MAJOR}\\.`));
});

test.each([
  ['typecheck', 'npm run typecheck'],
  ['lint', 'npm run lint, and fix what it names'],
  ['format:check', 'npm run format'],
])('npm run %s is silent (else: %s)', async (script) => {
  expect(complaintOf(await runTool('npm', ['run', '--silent', script]))).toBe('');
});
