/**
 * The native-free twin under a Node that refuses native addons. The probe runs in a process of its own, because the
 * flag belongs to a process, and because whatever other tests load would prove nothing here.
 */
import { expect, test } from 'vitest';
import { runTool } from '../tool.ts';

test('the engine runs from millrace/native-free under node --no-addons', async () => {
  const { code, stdout, output } = await runTool(process.execPath, ['--no-addons', 'test/native-free/probe.ts']);
  expect(code, output).toBe(0);
  expect(stdout.trim().split('\n').at(-1), output).toBe('ok');
});
