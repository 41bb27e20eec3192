/**
 * A remote function with state, in another process of the same machine, over loopback HTTP: requests a second over many
 * addresses, and messages a second to a few hot ones, whose waiting messages share requests.
 *
 * ```
 *   ┌ engine ─────────────────────────┐          ┌ function process ─────┐
 *   │ messages ─▶ 64 calls under way  │── HTTP ─▶│ node:http, one state, │
 *   │             in each shard       │◀─────────│ one egress record     │
 *   └─────────────────────────────────┘          └───────────────────────┘
 *     bare loops: as many threads, as many requests under way, the same bytes each time, over three clients
 * ```
 *
 * The checksum is how many greetings came out of the egress, and how many messages the process has had.
 */
import type { Engine } from '../../src/index.ts';
import { encodeRequest } from '../../src/statefun/protocol-codec.ts';
import { IntType, StringType } from '../../src/statefun/types.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child } from '../harness/child.ts';
import { warmRun } from '../harness/warm-run.ts';
import { httpLoops } from '../rival/http-loop.ts';
import type { ClientName } from '../rival/http-posts.ts';
import { ACCEPTED, idsOfShards } from './async-engine.ts';
import { startBareEngine } from './engine-flow.ts';
import { CONCURRENCY, URL_NAME } from './remote-greeter-module.ts';

const MODULE = new URL('./remote-greeter-module.ts', import.meta.url);
const SERVER = new URL('../rival/greeter-server-process.ts', import.meta.url);
/** More than messages may wait, so that none of them shares a request with another one for its address. */
const ADDRESSES = 100_000;
const HOT_ADDRESSES = 16;
const FIRST_MESSAGES = 500;
const SENDER_COUNT = 4;
const GREETING = 'Good morning, and how are you today?';
/** By client; the figure is against the best of them. */
const LOOPS: Readonly<Record<string, ClientName>> = {
  'bare loop, undici': 'undici',
  'bare loop, node:http': 'node:http',
  'bare loop, own client': 'own',
};

type Server = Child<'port' | 'counts'>;

export const remoteGreeter: Benchmark = {
  name: 'remote-greeter',
  unit: 'requests/s',
  describe: ({ shards }) =>
    `a remote function with state over loopback HTTP, ${ADDRESSES.toLocaleString('en-US')} addresses, ${CONCURRENCY} requests at a time in each of ${shards} shard(s)`,
  figures: Object.keys(LOOPS).map((rival) => ({ rival, atLeast: 0.7 })),
  contenders: ({ shards, seconds }) => [
    { name: OURS, measure: () => measureEngine(shards, seconds, ADDRESSES, 'requests') },
    ...bareLoops(shards, seconds),
  ],
};

export const remoteGreeterHot: Benchmark = {
  name: 'remote-greeter-hot',
  unit: 'messages/s',
  describe: ({ shards }) =>
    `the same with ${HOT_ADDRESSES} hot addresses, whose messages share requests, in ${shards} shard(s); the loop has one message a request`,
  figures: Object.keys(LOOPS).map((rival) => ({ rival, atLeast: 5 })),
  contenders: ({ shards, seconds }) => [
    { name: OURS, measure: () => measureEngine(shards, seconds, HOT_ADDRESSES, 'messages') },
    ...bareLoops(shards, seconds),
  ],
};

async function withServer<Result>(work: (url: string, server: Server) => Promise<Result>): Promise<Result> {
  const server: Server = new Child(SERVER, {});
  try {
    const { port } = await server.ask('port');
    return await work(`http://127.0.0.1:${port}/`, server);
  } finally {
    await server.end();
  }
}

function measureEngine(
  shards: number,
  seconds: number,
  addressCount: number,
  counted: 'requests' | 'messages',
): Promise<Measurement> {
  return withServer(async (url, server) => {
    process.env[URL_NAME] = url;
    const engine = await startBareEngine(MODULE, shards);
    let greetingCount = 0;
    engine.egress('bench/greetings', () => void greetingCount++);
    try {
      const { messages, requests, took, sentCount } = await run(engine, server, shards, seconds, addressCount);
      const { messageCount } = await server.ask('counts');
      return {
        value: (counted === 'requests' ? requests : messages) / took,
        named: { 'a request holds, messages': messages / requests },
        checksum: `${greetingCount} ${messageCount}`,
        expected: `${sentCount} ${sentCount}`,
      };
    } finally {
      await engine.stop();
    }
  });
}

interface Run {
  /** Of the last run. */
  readonly messages: number;
  readonly requests: number;
  readonly took: number;
  /** Of all runs. */
  readonly sentCount: number;
}

async function run(
  engine: Engine,
  server: Server,
  shards: number,
  seconds: number,
  addressCount: number,
): Promise<Run> {
  const ids = idsOfShards('greeter', addressCount, shards).filter(({ length }) => length > 0);
  let requests = 0;
  const { work, works, ...last } = await warmRun(
    async (count) => {
      const before = await server.ask('counts');
      const startedAt = performance.now();
      await send(engine, ids, count);
      await engine.drained();
      const took = (performance.now() - startedAt) / 1000;
      requests = (await server.ask('counts'))['requestCount'] - before['requestCount'];
      return took;
    },
    FIRST_MESSAGES,
    seconds,
  );
  const sentCount = works.reduce((sum, each) => sum + each, 0);
  return { messages: work, requests, took: last.seconds, sentCount };
}

/** To all addresses in turn, with senders of its own for each shard, so that none waits for another. */
async function send(engine: Engine, ids: readonly (readonly string[])[], count: number): Promise<void> {
  let sentCount = 0;
  const senders = ids.flatMap((own) =>
    Array.from({ length: SENDER_COUNT }, async (_, first) => {
      for (let index = first; sentCount < count; index += SENDER_COUNT) {
        sentCount++;
        await engine.send('bench/greeter', own[index % own.length], GREETING, ACCEPTED);
      }
    }),
  );
  await Promise.all(senders);
}

function bareLoops(shards: number, seconds: number): Contender[] {
  return Object.entries(LOOPS).map(([name, client]) => ({
    name,
    measure: () =>
      withServer(async (url) => {
        const argument = { typename: StringType.typename, value: StringType.serialize(GREETING) };
        const seen = { typename: IntType.typename, value: IntType.serialize(7) };
        const body = encodeRequest({
          target: { type: 'bench/greeter', id: 'greeter-1234' },
          states: [{ name: 'seen', value: seen }],
          invocations: [{ caller: undefined, argument }],
        });
        const counts = await httpLoops(shards, { client, url, body, seconds, concurrency: CONCURRENCY });
        const count = counts.reduce((sum, each) => sum + each, 0);
        return { value: count / seconds, checksum: String(count), expected: String(count) };
      }),
  }));
}
