/**
 * Any module of the flows, in shards whose metering can be switched: what `metrics-cost.ts` runs. The flow's own module
 * and its topology stand in this module's URL.
 */
import { isMainThread } from 'node:worker_threads';
import { defineFunction, defineModule, type Module } from '../../src/index.ts';
import { installSwitch, METERING, type Position, setMetering } from './metering-switch.ts';

const MODULE = new URL(import.meta.url);

/** The module that wraps that one. */
export function switched(flow: URL): URL {
  const whole = new URL(MODULE);
  whole.searchParams.set('module', flow.href);
  return whole;
}

async function loadFlow(): Promise<Module> {
  const { searchParams } = MODULE;
  const flow = new URL(searchParams.get('module') ?? '');
  flow.searchParams.set('topology', searchParams.get('topology') ?? '');
  const { default: module } = (await import(flow.href)) as { default: Module };
  return module;
}

const metering = defineFunction({
  type: METERING,
  invoke(_, position: Position) {
    setMetering(position);
  },
});

// Before the shard of this thread is built, which needs the module for it.
if (!isMainThread) installSwitch();

export default MODULE.searchParams.has('module')
  ? defineModule({ functions: [metering], modules: [await loadFlow()] })
  : undefined;
