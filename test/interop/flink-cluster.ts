/**
 * A real Flink StateFun: a JVM with a cluster in it, from the published artifacts. It gets messages as lines and gives
 * records as lines; what functions there are and where, it has from a module.yaml that is written for it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildWithMaven } from './sdk-programs.ts';
import { CACHE, missingTools } from './tools.ts';

const PROJECT = fileURLToPath(new URL('../../bench/rival/flink', import.meta.url));
const TARGET = join(CACHE, 'flink');

/** What this machine lacks for a Flink. */
export const FLINK_MISSING: string | undefined = missingTools('java', 'mvn');

/** Flink 1.16 on Java 17 looks where modules do not let it. */
const OPENED = [
  'java.lang',
  'java.util',
  'java.util.concurrent',
  'java.util.concurrent.atomic',
  'java.io',
  'java.nio',
  'java.net',
  'java.time',
  'sun.nio.ch',
];

export interface FlinkSetting {
  readonly endpointUrl: string;
  /** `namespace/*` patterns of the functions at the endpoint; none: all are embedded. */
  readonly functions: readonly string[];
  readonly egresses: readonly string[];
  readonly checkpointMs?: number;
  readonly stateBackend?: 'hashmap' | 'rocksdb';
  readonly parallelism?: number;
  readonly heap?: string;
  /** For `millrace.*` keys of the Java program, and for Flink's own. */
  readonly more?: Readonly<Record<string, string>>;
}

export interface FlinkRecord {
  readonly egress: string;
  readonly typename: string;
  readonly value: Buffer;
}

export function buildFlink(): Promise<void> {
  return buildWithMaven(PROJECT, TARGET);
}

export class FlinkCluster {
  readonly records: FlinkRecord[] = [];
  /** Lines that are no records, such as measurements. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  #lastWords = '';

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    child.stderr?.on('data', (text: Buffer) => (this.#lastWords = (this.#lastWords + text.toString()).slice(-8_000)));
    if (child.stdout === null) throw new Error('the output of Flink is not piped');
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
  }

  /** Resolves when messages are taken. */
  static async start(setting: FlinkSetting): Promise<FlinkCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-flink-'));
    const child = spawn('java', javaArguments(setting, folder), { stdio: 'pipe' });
    child.stdin.on('error', () => undefined);
    const cluster = new FlinkCluster(child, folder);
    try {
      await cluster.until(() => cluster.lines.includes('ready'), 120_000);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  send(type: string, id: string, typename: string, value: Uint8Array): void {
    this.#child.stdin?.write(`${type} ${id} ${typename} ${Buffer.from(value).toString('base64')}\n`);
  }

  /** Looks every few milliseconds; throws when the JVM ends, or when it takes too long. */
  async until(reached: () => boolean, timeoutMs: number): Promise<void> {
    for (const startedAt = performance.now(); !reached(); ) {
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || performance.now() - startedAt > timeoutMs) {
        const what = ended ? 'Flink has ended' : `Flink has not come there within ${timeoutMs / 1000} s`;
        throw new Error(`${what}; ${this.records.length} records; last words: ${this.#lastWords}`);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #hear(line: string): void {
    const [kind, egress, typename, base64] = line.split(' ');
    if (kind !== 'record' || egress === undefined || typename === undefined) this.lines.push(line);
    else this.records.push({ egress, typename, value: Buffer.from(base64 ?? '', 'base64') });
  }
}

function javaArguments(setting: FlinkSetting, folder: string): string[] {
  const module = join(folder, 'module.yaml');
  mkdirSync(join(folder, 'checkpoints'));
  const isRemote = setting.functions.length > 0;
  if (isRemote) writeFileSync(module, moduleYaml(setting));
  const options = {
    ...(isRemote && { 'statefun.remote.module-name': pathToFileURL(module).href }),
    'statefun.message.serializer': 'WITH_PROTOBUF_PAYLOADS',
    'parallelism.default': String(setting.parallelism ?? 2),
    'state.backend': setting.stateBackend ?? 'hashmap',
    'state.checkpoints.dir': pathToFileURL(join(folder, 'checkpoints')).href,
    'execution.checkpointing.interval': `${setting.checkpointMs ?? 500}ms`,
    'execution.checkpointing.mode': 'EXACTLY_ONCE',
    'millrace.egresses': setting.egresses.join(','),
    ...setting.more,
  };
  return [
    `-Xmx${setting.heap ?? '1g'}`,
    ...OPENED.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-cp',
    [join(TARGET, 'classes'), join(TARGET, 'lib', '*')].join(':'),
    'millrace.flink.Main',
    ...Object.entries(options).map(([key, value]) => `${key}=${value}`),
  ];
}

function moduleYaml({ endpointUrl, functions }: FlinkSetting): string {
  const documents = functions.map((pattern) =>
    [
      'kind: io.statefun.endpoints.v2/http',
      'spec:',
      `  functions: ${pattern}`,
      `  urlPathTemplate: ${endpointUrl}`,
      '  maxNumBatchRequests: 10000',
      '  transport:',
      '    type: io.statefun.transports.v1/async',
      '    call: 1min',
    ].join('\n'),
  );
  return `${documents.join('\n---\n')}\n`;
}
