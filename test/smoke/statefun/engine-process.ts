/**
 * The process with the engine, which is killed over and over and knows nothing of it. It says over IPC what the
 * functions say when they are asked to verify, and stops when it is told to.
 */
import { join } from 'node:path';
import {
  defineEgress,
  defineIngress,
  defineRouter,
  type MillraceError,
  ndjsonSink,
  startEngine,
} from '../../../src/index.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';
import { numberOf, read } from '../../interop/wire.ts';
import { commandSource, type SourceOptions } from './command-source.ts';
import { encodeSourceCommand } from './commands.ts';
import { DISCARD_SINK, INTERPRETER, VERIFICATION_SINK } from './smoke-module.ts';

export interface EngineProcessOptions {
  readonly folder: string;
  readonly shardCount: number;
  readonly source: SourceOptions;
}

export interface Verification {
  readonly id: number;
  readonly expected: number;
  readonly actual: number;
}

export type EngineNotice =
  | { readonly kind: 'started' }
  | { readonly kind: 'verified'; readonly results: readonly Verification[] }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  /** Of a savepoint after the end: how many things are stored, such as entities and timers. */
  | { readonly kind: 'stopped'; readonly storedCount: number; readonly messageCount: number };

const options = JSON.parse(process.argv[2] ?? '{}') as EngineProcessOptions;

function say(notice: EngineNotice): void {
  if (process.connected) process.send?.(notice);
}

const commands = defineIngress({
  type: 'statefun.smoke.e2e/command-generator-source',
  source: commandSource(options.source),
});
const engine = await startEngine({
  module: new URL('./smoke-module.ts', import.meta.url),
  directory: join(options.folder, 'data'),
  shardCount: options.shardCount,
  memory: 32 << 20,
  // Few, so that commands are read no faster than they are carried out.
  creditCount: 512,
  ingresses: [commands],
  routers: [
    defineRouter({
      ingress: commands,
      route(command, send) {
        const value: TypedValue = {
          typename: 'statefun.smoke.e2e/source-command',
          value: encodeSourceCommand(command),
        };
        send(INTERPRETER, String(command.target), value);
      },
    }),
  ],
  egresses: [
    defineEgress<TypedValue>({
      type: VERIFICATION_SINK,
      sink: { write: (records) => say({ kind: 'verified', results: records.map(verification) }) },
    }),
    defineEgress<TypedValue>({
      type: DISCARD_SINK,
      sink: ndjsonSink({ path: join(options.folder, 'discarded.ndjson'), stringify: ({ typename }) => typename }),
    }),
  ],
});
engine.on('error', (error: MillraceError) => say({ kind: 'error', code: error.code, message: error.message }));
say({ kind: 'started' });

function verification({ value }: TypedValue): Verification {
  const fields = read(value ?? new Uint8Array());
  return { id: numberOf(fields, 1), expected: numberOf(fields, 2), actual: numberOf(fields, 3) };
}

process.on('message', () => void stop());

async function stop(): Promise<void> {
  engine.closeIngresses();
  await engine.drained();
  const { entityCount, messageCount } = await engine.savepoint(join(options.folder, 'savepoint'));
  await engine.stop();
  say({ kind: 'stopped', storedCount: entityCount, messageCount });
  process.disconnect?.();
}
