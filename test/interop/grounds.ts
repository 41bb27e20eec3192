/** Where the scenario is played: on our engine, or on a Flink. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Engine, startEngine } from '../../src/index.ts';
import { isTypedValue } from '../../src/statefun/index.ts';
import { FlinkCluster, type FlinkSetting } from './flink-cluster.ts';
import { ENDPOINT_VARIABLE } from './remote-module.ts';
import type { Ground } from './scenario.ts';
import { describeTyped, text } from './scripted-client.ts';

export const EGRESSES: readonly string[] = ['greeter.fns/greetings', 'shop.fns/receipts'];
const FLINK_QUIET_MS = 1_500;
const TIMEOUT_MS = 60_000;

/** Our engine with a data directory; the functions are those of the module, at the URL if they are remote. */
export async function onOurEngine<Result>(
  module: URL,
  endpointUrl: string | undefined,
  use: (ground: Ground, engine: Engine) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-interop-'));
  if (endpointUrl !== undefined) process.env[ENDPOINT_VARIABLE] = endpointUrl;
  const engine = await startEngine({ module, directory, shardCount: 2 });
  const records: string[] = [];
  for (const egress of EGRESSES) {
    engine.egress(egress, (record) => void records.push(`${egress} ${describeRecord(record)}`));
  }
  const errors: Error[] = [];
  engine.on('error', (error) => void errors.push(error));
  const settle = async (): Promise<void> => {
    await engine.drained();
    if (errors[0] !== undefined) throw errors[0];
  };
  const ground: Ground = {
    send: (type, id, message) => void engine.send(type, id, message).catch((error: Error) => errors.push(error)),
    until: settle,
    settle,
    records: () => records,
  };
  try {
    return await use(ground, engine);
  } finally {
    await engine.stop({ force: true });
    rmSync(directory, { recursive: true, force: true });
  }
}

function describeRecord(record: unknown): string {
  if (!isTypedValue(record)) return String(record);
  return String(describeTyped(record.typename, record.value ?? new Uint8Array()));
}

export async function onFlink<Result>(
  setting: Omit<FlinkSetting, 'functions' | 'egresses'>,
  use: (ground: Ground) => Promise<Result>,
): Promise<Result> {
  const cluster = await FlinkCluster.start({
    ...setting,
    functions: ['greeter.fns/*', 'shop.fns/*'],
    egresses: EGRESSES,
  });
  const ground: Ground = {
    send(type, id, message) {
      const { typename, bytes } = text(message);
      cluster.send(type, id, typename, Uint8Array.from(bytes));
    },
    until: (count) => cluster.until(() => cluster.records.length >= count, TIMEOUT_MS),
    settle: () => sleep(FLINK_QUIET_MS),
    records: () => cluster.records.map(({ egress, typename, value }) => `${egress} ${describeTyped(typename, value)}`),
  };
  try {
    return await use(ground);
  } finally {
    await cluster.stop();
  }
}
