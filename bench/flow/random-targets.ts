/**
 * All-to-all as the options want it: all entities alike or by Zipf's law, with messages of one number or, by `--bytes`,
 * with a body.
 */
import type { Options } from '../harness/options.ts';
import type { FlowSetting } from './flow-contender.ts';
import { inflightWith } from './message-body.ts';

/** A flow and the module with its functions. */
export interface ModuleFlow {
  readonly module: URL;
  readonly setting: FlowSetting;
}

const MODULES = {
  'all-to-all': new URL('./all-to-all-module.ts', import.meta.url),
  'hot-key': new URL('./hot-key-module.ts', import.meta.url),
  large: new URL('./large-module.ts', import.meta.url),
} as const;

type Sizes = Pick<Options, 'entities' | 'inflight' | 'shards' | 'bytes'>;

export function randomTargets(kind: 'all-to-all' | 'hot-key', sizes: Sizes): ModuleFlow {
  const { entities, inflight, shards, bytes } = sizes;
  if (bytes === undefined) {
    return { module: MODULES[kind], setting: { topology: { kind, entities }, chains: inflight * shards } };
  }
  const topology = { kind: 'large', entities, bytes, isSkewed: kind === 'hot-key' } as const;
  return { module: MODULES.large, setting: { topology, chains: inflightWith(bytes, inflight * shards) } };
}

/** For the line above a table: what `--bytes` has changed. */
export function bodyText({ bytes }: Pick<Options, 'bytes'>): string {
  return bytes === undefined ? '' : `, ${bytes.toLocaleString('en-US')} bytes a message`;
}
