/**
 * The endpoint role: how much our functions behind StateFun's protocol cost a server that only answers.
 *
 * ```
 *   ┌ this process ────────────┐          ┌ a process ───────────────────────────────┐
 *   │ 64 requests under way on │── HTTP ─▶│ node:http ─ createStatefunHandler        │   one visit a request, with
 *   │ 64 keep-alive connections│◀─────────│ (or: node:http and a constant)           │   two states, both written
 *   └──────────────────────────┘          └──────────────────────────────────────────┘
 * ```
 *
 * Rival: a bare `node:http` server that reads the body and answers a constant of the same size. The client is no HTTP
 * client, but writes bytes and counts bytes: with one, the client would be what both wait for. The checksum is the bytes of
 * all answers.
 */
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child } from '../harness/child.ts';
import { KeepAliveLoad } from '../harness/keep-alive-load.ts';
import { warmRun } from '../harness/warm-run.ts';
import { greeterHandler, visitRequest } from './endpoint-load.ts';

const CONNECTIONS = 64;
const FIRST_REQUESTS = 500;
const CONSTANT = 'node:http with a constant';

export const endpoint: Benchmark = {
  name: 'endpoint',
  unit: 'requests/s',
  describe: () =>
    `a function with two states behind StateFun's protocol; ${CONNECTIONS} connections over loopback HTTP`,
  figures: [{ rival: CONSTANT, atLeast: 0.8 }],
  contenders: ({ seconds }) => [
    contender(OURS, seconds, () => new URL('./endpoint-process.ts', import.meta.url)),
    contender(CONSTANT, seconds, () => new URL('../rival/constant-server-process.ts', import.meta.url)),
  ],
};

function contender(name: string, seconds: number, processOf: () => URL): Contender {
  return {
    name,
    async measure() {
      const body = visitRequest(1);
      const byteLength = (await greeterHandler().handleBytes(body)).body.length;
      const child = new Child<'port'>(processOf(), { byteLength });
      try {
        const { port } = await child.ask('port');
        const load = await KeepAliveLoad.connect({
          port,
          connections: CONNECTIONS,
          body,
          answerByteLength: byteLength,
        });
        const measurement = await measureRequests(load, byteLength, seconds);
        load.close();
        return measurement;
      } finally {
        await child.end();
      }
    },
  };
}

async function measureRequests(load: KeepAliveLoad, byteLength: number, seconds: number): Promise<Measurement> {
  let answeredBytes = 0;
  const run = await warmRun(
    async (count) => {
      const startedAt = performance.now();
      answeredBytes = await load.run(count);
      return (performance.now() - startedAt) / 1000;
    },
    FIRST_REQUESTS,
    seconds,
  );
  return {
    value: run.work / run.seconds,
    checksum: String(answeredBytes),
    expected: String(run.work * byteLength),
  };
}
