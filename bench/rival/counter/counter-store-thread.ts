/**
 * The thread of an embedded store's counters: a heap and a compiler of its own, like everybody else's.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { entityIds, TargetDraw } from '../../flow/entity-ids.ts';
import { type CounterStore, openCounterStore, type StoreKind } from './counter-store.ts';

export interface CounterStoreTask {
  readonly kind: StoreKind;
  readonly directory: string;
  readonly entities: number;
  /** Increments in one transaction. */
  readonly batchCount: number;
}

/** Answers with seconds, or with the sum after a reopen. */
export type CounterStoreRequest = { readonly add: number } | 'sum' | 'close';

const { kind, directory, entities, batchCount } = workerData as CounterStoreTask;
const draw = new TargetDraw(entityIds(entities), 0);
let store: CounterStore | undefined;

async function add(count: number): Promise<number> {
  store ??= await openCounterStore(kind, directory);
  const startedMs = performance.now();
  for (let left = count; left > 0; left -= batchCount) {
    await store.addAll(Array.from({ length: Math.min(left, batchCount) }, () => draw.next()));
  }
  return (performance.now() - startedMs) / 1000;
}

async function answer(request: CounterStoreRequest): Promise<number> {
  if (typeof request === 'object') return await add(request.add);
  await store?.close();
  store = undefined;
  if (request === 'close') return 0;
  store = await openCounterStore(kind, directory);
  return await store.sum();
}

parentPort?.on('message', (request: CounterStoreRequest) => {
  void answer(request).then((result) => parentPort?.postMessage(result));
});
