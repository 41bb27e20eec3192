/**
 * The function processes: one program for each official SDK, all with the same functions (programs/README.md). How each
 * is built, and started on a port of this machine; the process ends with the standard input that it is given.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningProgram } from './running-program.ts';
import { CACHE, missingTools, PROGRAMS, runTool } from './tools.ts';

export interface SdkProgram {
  readonly language: string;
  /** The type of the smoke test's counter. */
  readonly counterType: 'int' | 'long';
  /** What this machine lacks for it. */
  readonly missing: string | undefined;
  build(): Promise<void>;
  /** On a free port unless one is given. */
  start(port?: number): Promise<RunningProgram>;
}

const PYTHON = join(CACHE, 'python');
const JAVA = join(CACHE, 'java');
const GO = join(CACHE, 'go-functions');

const python: SdkProgram = {
  language: 'Python',
  counterType: 'long',
  missing: missingTools('python3'),
  async build() {
    const requirements = join(PROGRAMS, 'python', 'requirements.txt');
    const mark = join(PYTHON, 'installed');
    if (existsSync(mark)) return;
    await runTool('python3', ['-m', 'venv', PYTHON], PROGRAMS);
    await runTool(join(PYTHON, 'bin', 'pip'), ['install', '--quiet', '-r', requirements], PROGRAMS);
    writeFileSync(mark, '');
  },
  start: (port = 0) =>
    RunningProgram.start(join(PYTHON, 'bin', 'python'), [join(PROGRAMS, 'python', 'main.py'), String(port)], {
      PYTHONDONTWRITEBYTECODE: '1',
    }),
};

const java: SdkProgram = {
  language: 'Java',
  counterType: 'long',
  missing: missingTools('java', 'mvn'),
  build: () => buildWithMaven(join(PROGRAMS, 'java'), JAVA),
  start: (port = 0) =>
    RunningProgram.start('java', [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      // Or each answer waits 40 ms for the acknowledgement of its headers.
      '-Dsun.net.httpserver.nodelay=true',
      '-cp',
      [join(JAVA, 'classes'), join(JAVA, 'lib', '*')].join(':'),
      'millrace.interop.Main',
      String(port),
    ]),
};

const go: SdkProgram = {
  language: 'Go',
  counterType: 'long',
  missing: missingTools('go'),
  async build() {
    mkdirSync(CACHE, { recursive: true });
    await runTool('go', ['build', '-o', GO, '.'], join(PROGRAMS, 'go'));
  },
  start: (port = 0) => RunningProgram.start(GO, [String(port)]),
};

export const javascript: SdkProgram = {
  language: 'JavaScript',
  counterType: 'int',
  missing: undefined,
  build: () => Promise.resolve(),
  start: (port = 0) =>
    RunningProgram.start(process.execPath, [join(PROGRAMS, 'javascript', 'functions.mjs'), String(port)]),
};

export const SDK_PROGRAMS: readonly SdkProgram[] = [javascript, python, java, go];

export async function buildWithMaven(project: string, target: string): Promise<void> {
  await runTool('mvn', ['-q', '-B', `-DbuildDirectory=${target}`, 'package'], project, 15);
}
