/**
 * Epochs with more records than the journal collects before it writes: they are written as several frames, begun while
 * the epoch still goes on, and come back whole, in order and with their numbers, however much of them is acknowledged.
 */
import { expect, test } from 'vitest';
import { durableStage } from './egress-stage.ts';

/** Several times the journal's frame of 128 KiB. */
const RECORDS = Array.from({ length: 600 }, (_, number) => ({ number, text: `${number}`.padStart(1_000, '-') }));

test('an epoch of many frames comes back after a crash', async () => {
  const stage = durableStage();
  for (const record of RECORDS) stage.add(record);
  await stage.checkpoint();
  expect(stage.restart().takeAll()).toEqual({ first: 0, records: RECORDS });
});

test('what was acknowledged of it does not come again', async () => {
  const stage = durableStage();
  for (const record of RECORDS) stage.add(record);
  await stage.checkpoint();
  stage.ledger.take(250);
  stage.ledger.acknowledge();
  stage.add('one more');
  await stage.checkpoint();
  expect(stage.restart().takeAll()).toEqual({ first: 250, records: [...RECORDS.slice(250), 'one more'] });
});

test('frames of an epoch that was never committed are forgotten, and the next epoch has its place', async () => {
  const stage = durableStage();
  stage.add('first');
  await stage.checkpoint();
  for (const record of RECORDS) stage.add(record);
  await stage.end();
  const next = stage.restart();
  expect(next.takeAll()).toEqual({ first: 0, records: ['first'] });
  for (const record of RECORDS.slice(0, 300)) next.add(record);
  await next.checkpoint();
  expect(next.restart().takeAll()).toEqual({ first: 0, records: ['first', ...RECORDS.slice(0, 300)] });
});

test('after a roll-back the same epoch is written anew', async () => {
  const stage = durableStage();
  for (const record of RECORDS) stage.add(record);
  stage.rollBack();
  for (const record of RECORDS.slice(300)) stage.add(record);
  await stage.checkpoint();
  expect(stage.restart().takeAll()).toEqual({ first: 0, records: RECORDS.slice(300) });
});

test('a record has its trace after a crash, and after a roll-back', async () => {
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', causalId: 'order 7' };
  const stage = durableStage();
  stage.add('first');
  stage.add('second', false, trace);
  await stage.checkpoint();
  stage.add('lost');
  stage.rollBack();
  stage.add('third', true);
  await stage.checkpoint();
  await stage.checkpoint();
  const traces = [undefined, trace, undefined];
  expect(stage.restart().restart().takeAll()).toEqual({ first: 0, records: ['first', 'second', 'third'], traces });
  expect(stage.takeAll()).toEqual({ first: 0, records: ['first', 'second', 'third'], traces });
  stage.add('fourth');
  await stage.checkpoint();
  expect(stage.takeAll().traces).toBeUndefined();
});
