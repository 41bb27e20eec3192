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
 * Rival: a bare `node:http` server that reads the body and answers a constant of the same size. The checksum is the bytes
 * of all answers.
 */
import { Pool } from 'undici';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child } from '../harness/child.ts';
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
        const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });
        const measurement = await measureRequests(pool, body, byteLength, seconds);
        await pool.close();
        return measurement;
      } finally {
        await child.kill();
      }
    },
  };
}

async function measureRequests(
  pool: Pool,
  body: Uint8Array,
  byteLength: number,
  seconds: number,
): Promise<Measurement> {
  let answeredBytes = 0;
  const run = await warmRun(
    async (count) => {
      answeredBytes = 0;
      let left = count;
      const startedAt = performance.now();
      const line = async (): Promise<void> => {
        while (left-- > 0) {
          const bytes = await requestOnce(pool, body);
          answeredBytes += bytes;
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, line));
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

/** How many bytes were answered. */
async function requestOnce(pool: Pool, body: Uint8Array): Promise<number> {
  const headers = { 'content-type': 'application/octet-stream' };
  const { statusCode, body: answered } = await pool.request({ path: '/', method: 'POST', headers, body });
  if (statusCode !== 200) throw new Error(`answered with ${statusCode}`);
  return (await answered.arrayBuffer()).byteLength;
}
