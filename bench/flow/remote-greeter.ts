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
 * The checksum is how many greetings came out of the egress, and how many messages the process has had; with `--interval`
 * the engine is durable, and it is also how many the addresses have counted by what is on disk. `--bytes` is how long each
 * greeting is, for the bare loops, too.
 */
import type { Engine, EngineOptions } from '../../src/index.ts';
import { readTyped, type TypedValue } from '../../src/statefun/index.ts';
import { encodeRequest } from '../../src/statefun/protocol-codec.ts';
import { IntType, StringType } from '../../src/statefun/types.ts';
import { type Benchmark, type Contender, type Figure, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child } from '../harness/child.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { warmRun } from '../harness/warm-run.ts';
import { httpLoops } from '../rival/http-loop.ts';
import type { ClientName } from '../rival/http-posts.ts';
import { ACCEPTED, idsOfShards } from './async-engine.ts';
import { durableIn, durableText, startBareEngine } from './engine-flow.ts';
import { CENSUS } from './greetings.ts';
import { bodyText } from './random-targets.ts';
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

const FIGURES_OF = (atLeast: number, { bytes, intervalMs, entitiesGiven }: Options): readonly Figure[] => {
  const isAsked = bytes === undefined && intervalMs === undefined && entitiesGiven === undefined;
  return isAsked ? Object.keys(LOOPS).map((rival) => ({ rival, atLeast })) : [];
};

export const remoteGreeter: Benchmark = {
  name: 'remote-greeter',
  unit: 'requests/s',
  describe: (options) =>
    `a remote function with state over loopback HTTP, ${entityCount(options, ADDRESSES, ADDRESSES).toLocaleString('en-US')} addresses, ${CONCURRENCY} requests at a time in each of ${options.shards} shard(s)${sizeText(options)}`,
  figures: (options) => FIGURES_OF(0.7, options),
  contenders: (options) => [
    { name: OURS, measure: () => measureEngine(options, entityCount(options, ADDRESSES, ADDRESSES), 'requests') },
    ...bareLoops(options),
  ],
};

export const remoteGreeterHot: Benchmark = {
  name: 'remote-greeter-hot',
  unit: 'messages/s',
  describe: (options) =>
    `the same with ${hotCount(options)} hot addresses, whose messages share requests, in ${options.shards} shard(s); the loop has one message a request${sizeText(options)}`,
  figures: (options) => FIGURES_OF(5, options),
  contenders: (options) => [
    { name: OURS, measure: () => measureEngine(options, hotCount(options), 'messages') },
    ...bareLoops(options),
  ],
};

function hotCount(options: Options): number {
  return entityCount(options, HOT_ADDRESSES, HOT_ADDRESSES);
}

function sizeText(options: Options): string {
  return `${bodyText(options)}${durableText(options)}`;
}

/** As long as `--bytes` wants it. */
function greetingOf({ bytes }: Options): string {
  return bytes === undefined ? GREETING : GREETING.padEnd(bytes, ' and you?').slice(0, bytes);
}

async function withServer<Result>(work: (url: string, server: Server) => Promise<Result>): Promise<Result> {
  const server: Server = new Child(SERVER, {});
  try {
    const { port } = await server.ask('port');
    return await work(`http://127.0.0.1:${port}/`, server);
  } finally {
    await server.end();
  }
}

function measureEngine(options: Options, addressCount: number, counted: 'requests' | 'messages'): Promise<Measurement> {
  const { shards, intervalMs } = options;
  const greeting = greetingOf(options);
  return withServer(async (url, server) => {
    process.env[URL_NAME] = url;
    const scratch = intervalMs === undefined ? undefined : new Scratch();
    const ids = idsOfShards('greeter', addressCount, shards).filter(({ length }) => length > 0);
    const greeted = await Greeted.start(shards, durableIn(scratch, intervalMs), greeting);
    try {
      const { messages, requests, took, sentCount } = await run(greeted.engine, server, ids, greeting, options.seconds);
      const { messageCount } = await server.ask('counts');
      const measured = {
        value: (counted === 'requests' ? requests : messages) / took,
        named: { 'a request holds, messages': messages / requests },
        checksum: `${greeted.count} ${messageCount}`,
        expected: `${sentCount} ${sentCount}`,
      };
      if (scratch === undefined) return measured;
      const kept = await greeted.keptCount(ids.flat(), server);
      return { ...measured, checksum: `${measured.checksum} ${kept}`, expected: `${measured.expected} ${sentCount}` };
    } finally {
      await greeted.engine.stop();
      scratch?.remove();
    }
  });
}

/** The engine, and how many whole greetings have come out of it. */
class Greeted {
  engine: Engine;
  count = 0;
  readonly #start: () => Promise<Engine>;

  private constructor(engine: Engine, start: () => Promise<Engine>) {
    this.engine = engine;
    this.#start = start;
  }

  static async start(shards: number, durable: Partial<EngineOptions>, greeting: string): Promise<Greeted> {
    const start = (): Promise<Engine> => startBareEngine(MODULE, shards, durable);
    const greeted = new Greeted(await start(), start);
    greeted.engine.egress('bench/greetings', (record) => {
      if (readTyped(StringType, record as TypedValue) === greeting) greeted.count++;
    });
    return greeted;
  }

  /** After a reopen: what the addresses say that they have counted. */
  async keptCount(ids: readonly string[], server: Server): Promise<number> {
    await this.engine.stop();
    this.engine = await this.#start();
    this.engine.egress('bench/greetings', () => {});
    for (const id of ids) await this.engine.send('bench/greeter', id, CENSUS, ACCEPTED);
    await this.engine.drained();
    const { keptCount } = await server.ask('counts');
    return keptCount;
  }
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
  ids: readonly (readonly string[])[],
  greeting: string,
  seconds: number,
): Promise<Run> {
  let requests = 0;
  const { work, works, ...last } = await warmRun(
    async (count) => {
      const before = await server.ask('counts');
      const startedAt = performance.now();
      await send(engine, ids, greeting, count);
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
async function send(
  engine: Engine,
  ids: readonly (readonly string[])[],
  greeting: string,
  count: number,
): Promise<void> {
  let sentCount = 0;
  const senders = ids.flatMap((own) =>
    Array.from({ length: SENDER_COUNT }, async (_, first) => {
      for (let index = first; sentCount < count; index += SENDER_COUNT) {
        sentCount++;
        await engine.send('bench/greeter', own[index % own.length], greeting, ACCEPTED);
      }
    }),
  );
  await Promise.all(senders);
}

function bareLoops(options: Options): Contender[] {
  const { shards, seconds } = options;
  return Object.entries(LOOPS).map(([name, client]) => ({
    name,
    measure: () =>
      withServer(async (url) => {
        const argument = { typename: StringType.typename, value: StringType.serialize(greetingOf(options)) };
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
