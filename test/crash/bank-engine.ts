/**
 * The engine of a bank: on files of its folder, and with sizes so small that rounds of folding, spare segments, new
 * manifests and tables of a store happen many times in the second that a life takes.
 */
import { join } from 'node:path';
import { startSized as startNativeFree } from '../../native-free/start-engine.ts';
import type { DiskSizes } from '../../src/engine/disk-sizes.ts';
import { startSized } from '../../src/engine/start-level.ts';
import {
  defineEgress,
  defineIngress,
  defineRouter,
  type Engine,
  type MillraceError,
  ndjsonSink,
  ndjsonSource,
} from '../../src/index.ts';
import { account, type Arrival, type Transfer } from './bank-module.ts';
import { traceOf, tracedSink } from './bank-traces.ts';
import { INPUT_NAME, OUTPUT_NAME } from './call-plan.ts';

export interface BankOptions {
  readonly folder: string;
  /** The data directory. */
  readonly data: string;
  /** A savepoint with which the data directory may not have been filled yet. */
  readonly from?: string | undefined;
  readonly isNativeFree: boolean;
  readonly shardCount: number;
  readonly maxRecoveries: number;
}

const SIZES: DiskSizes = {
  foldBytesMin: 6_000,
  foldBytesMax: 6_000,
  spareCountMax: 2,
  paddingBytes: 1_024,
  indexBytesMin: 500,
  scanBytesMax: 2_000,
  manifestBytesMin: 4_000,
  journalSegmentBytes: 1_000,
  shardMemoryBytesMax: 192 << 10,
};

export async function startBank(options: BankOptions): Promise<Engine> {
  const { from } = options;
  if (from === undefined) return start(options);
  return start(options).catch((error: MillraceError) => {
    // An earlier life has filled it, and was killed before it could say so.
    if (error.code === 'DATA_NOT_EMPTY') return start({ ...options, from: undefined });
    throw error;
  });
}

function start({ folder, data, from, isNativeFree, shardCount, maxRecoveries }: BankOptions): Promise<Engine> {
  const source = ndjsonSource<Transfer>({ path: join(folder, INPUT_NAME) });
  const input = defineIngress<Transfer>({ type: 'bank/input', source });
  const route = defineRouter({
    ingress: input,
    route: (transfer, send) => send(account, transfer.from, { withdraw: transfer }, traceOf(transfer)),
  });
  const sink = tracedSink(ndjsonSink({ path: join(folder, OUTPUT_NAME) }));
  const options = {
    module: new URL('./bank-module.ts', import.meta.url),
    directory: data,
    ...(from === undefined ? {} : { from }),
    shardCount,
    memory: 16 << 20,
    // Few, so that the file is read no faster than its transfers are done.
    creditCount: 16,
    fatalCount: 2,
    maxRecoveries,
    ingresses: [input],
    routers: [route],
    egresses: [defineEgress<Arrival>({ type: 'bank/arrivals', sink })],
  };
  return isNativeFree ? startNativeFree(options, SIZES) : startSized(options, SIZES);
}
