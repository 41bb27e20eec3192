/**
 * What `millrace/endpoint` is to the compiler. This file is only ever compiled: every line below a `@ts-expect-error` must
 * be an error, and everything else must not be one.
 */
import { createServer, type RequestListener } from 'node:http';
import { createStatefunHandler, type EndpointEvent, toFetch, toLambda } from '../../src/endpoint/index.ts';
import type { Module } from '../../src/index.ts';
import { IntType, jsonType, kafkaRecord, StringType } from '../../src/statefun/index.ts';
import { createRequire } from 'node:module';

declare const module: Module;
const official = createRequire(import.meta.url)('apache-flink-statefun') as typeof import('apache-flink-statefun');

const handler = createStatefunHandler({
  module,
  // Types of the official package are types, too.
  types: [jsonType<{ readonly name: string }>('shop/Customer'), official.StateFun.jsonType('shop/Order')],
  sends: { 'java/*': StringType, 'py/one': (count: number) => ({ typename: 'py/Count', value: Buffer.from([count]) }) },
  egresses: { 'shop/out': (text: string) => kafkaRecord({ topic: 't', key: undefined, value: Buffer.from(text) }) },
  states: { 'shop/cart': { count: IntType } },
  log: ({ level, text, error, target }: EndpointEvent) => console.log(level, text, error, target?.id),
  limits: { requestBytesMax: 1 << 20 },
});

createServer(handler);
export const listener: RequestListener = handler;
export const fetched: Promise<Response> = toFetch(handler)(new Request('http://here/'));
export const answered: Promise<{ readonly statusCode: number }> = toLambda(handler)({ body: null });
export const bytes: Promise<{ readonly status: 200 | 500; readonly body: Uint8Array }> = handler.handleBytes(
  Buffer.of(1),
);

// @ts-expect-error -- a module is needed
createStatefunHandler({});
// @ts-expect-error -- no type
createStatefunHandler({ module, types: ['shop/Customer'] });
// @ts-expect-error -- a rule gives a TypedValue
createStatefunHandler({ module, egresses: { 'shop/out': (text: string) => text } });
// @ts-expect-error -- a limit is a number
createStatefunHandler({ module, limits: { requestBytesMax: '1 MiB' } });
