/**
 * Any module of the flows, in shards that count no messages and time none: what `metrics-cost.ts` compares with. The
 * engine has no switch for that, since nobody should need one: in a thread that loads this module the meter does nothing.
 * The flow's own module and its topology stand in this module's URL.
 */
import { isMainThread } from 'node:worker_threads';
import type { Module } from '../../src/index.ts';
import { Meter } from '../../src/shard/meter.ts';

async function loadFlow(): Promise<Module> {
  const { searchParams } = new URL(import.meta.url);
  const flow = new URL(searchParams.get('module') ?? '');
  flow.searchParams.set('topology', searchParams.get('topology') ?? '');
  const { default: module } = (await import(flow.href)) as { default: Module };
  return module;
}

// Before the shard of this thread is built, which needs the module for it.
if (!isMainThread) {
  Meter.prototype.began = () => 0;
  Meter.prototype.tookMore = () => {};
}

export default await loadFlow();
