/**
 * Runs a command-line tool as users and CI do: as a process of its own, under the very Node that runs the tests, and
 * with the project's own tools first in PATH. Never rejects for a failing tool: the exit code is part of the answer.
 */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

export const ROOT: string = join(import.meta.dirname, '..');

export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in order of arrival, for messages. */
  readonly output: string;
}

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function runTool(command: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const { cwd = ROOT, env = {} } = options;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PATH: toolPath(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr, output }));
  });
}

/** What a tool printed, for an assertion: empty when it succeeded, so that a failure shows exactly what it said. */
export function complaintOf({ code, output }: ToolResult): string {
  return code === 0 ? '' : `exit code ${code}\n${output}`;
}

function toolPath(): string {
  return [dirname(process.execPath), join(ROOT, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
}
