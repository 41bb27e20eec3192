/**
 * A Restate server and the process with the functions that it calls, which have HTTP/2 between them; whoever measures
 * calls its ingress over HTTP/2, too. Its durability is left on, so an answer means that what was done is durable. Two
 * partitions, with which it was fastest on two cores. One for each measurement, on data of its own; it can be killed and
 * started again on the same data.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import { Scratch } from '../../harness/scratch.ts';
import { missingPackage, RIVAL_PACKAGES } from '../rival-package.ts';
import { freePort, RivalProcess, untilItAnswers } from '../rival-process.ts';

/** The program itself: what npm links to is a script, which would be killed in its place. */
const PACKAGE: string = `@restatedev/restate-server-${process.platform}-${process.arch}`;
const PROGRAM = join(RIVAL_PACKAGES, PACKAGE, 'bin', 'restate-server');
/** Calls under way. More do not make it faster. */
export const RESTATE_OUTSTANDING_MAX = 128;
export const RESTATE = 'Restate';
const PARTITIONS = '2';
/** Accepted means that it is durable that it will be carried out. */
const SUCCESSES: ReadonlySet<number> = new Set([200, 202]);
const UNDER_WAY_QUERY = "SELECT count(*) AS count FROM sys_invocation WHERE status <> 'completed'";

export function missingRestate(): string | undefined {
  return missingPackage(PACKAGE) ?? missingPackage('@restatedev/restate-sdk');
}

interface Ports {
  readonly ingress: number;
  readonly admin: number;
  readonly node: number;
}

export class RestateServer {
  readonly #scratch = new Scratch();
  readonly #ports: Ports;
  readonly #endpoint: ChildProcess;
  #server: RivalProcess | undefined;
  #session: ClientHttp2Session | undefined;

  private constructor(ports: Ports, endpoint: ChildProcess) {
    this.#ports = ports;
    this.#endpoint = endpoint;
  }

  /** `entities` is among how many the functions of the relay draw. */
  static async open(entities: number): Promise<RestateServer> {
    const ports = { ingress: await freePort(), admin: await freePort(), node: await freePort() };
    const url = new URL('./restate-endpoint.ts', import.meta.url);
    const env = { ...process.env, NODE_ENV: 'production', RESTATE_LOGGING: 'ERROR' };
    // What it complains about when the server is killed under it is not for the reader of a table.
    const endpoint = fork(url, [String(entities)], {
      execArgv: [],
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const server = new RestateServer(ports, endpoint);
    const [port] = (await Promise.race([once(endpoint, 'message'), ended(endpoint)])) as [number];
    server.#start();
    const uri = `http://127.0.0.1:${port}`;
    await untilItAnswers(() => server.#admin('/deployments', { uri, use_http_11: false }));
    await server.#connect();
    return server;
  }

  /** What the functions tell this process behind Restate's back. */
  onTold(listener: (told: unknown) => void): void {
    this.#endpoint.on('message', listener);
  }

  #start(): void {
    const { ingress, admin, node } = this.#ports;
    this.#server = new RivalProcess(PROGRAM, ['--base-dir', this.#scratch.path, '--node-name', 'bench'], {
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_DEFAULT_NUM_PARTITIONS: PARTITIONS,
      RESTATE_LOG_FILTER: 'error',
      RESTATE_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: '1',
    });
  }

  async #admin(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const url = `http://127.0.0.1:${this.#ports.admin}${path}`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`Restate answered ${response.status}: ${await response.text()}`);
    return await response.json();
  }

  /** Resolves when a first read has been answered. */
  async #connect(): Promise<void> {
    await untilItAnswers(() => {
      // A session that could not connect is of no further use.
      this.#session?.destroy();
      this.#session = connect(`http://127.0.0.1:${this.#ports.ingress}`);
      this.#session.on('error', () => {});
      return this.call('/counter/nobody/read');
    });
  }

  /** `/service/key/handler`, and `/send` behind it if nobody waits for the end. Resolves with what was answered. */
  call(path: string, argument?: object): Promise<string> {
    return new Promise((resolve, reject) => {
      const type = argument === undefined ? {} : { 'content-type': 'application/json' };
      const stream = this.#session?.request({ ':method': 'POST', ':path': path, ...type });
      if (stream === undefined) throw new Error('Restate has not started.');
      let status = 0;
      let text = '';
      stream.on('response', (headers) => {
        status = Number(headers[':status']);
      });
      stream.on('error', reject);
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      stream.on('end', () => {
        if (SUCCESSES.has(status)) resolve(text);
        else reject(new Error(`Restate answered ${status}: ${text}`));
      });
      stream.end(argument === undefined ? undefined : JSON.stringify(argument));
    });
  }

  /** Rows of its own query interface. */
  async query<Row>(query: string): Promise<readonly Row[]> {
    const { rows } = (await this.#admin('/query', { query })) as { rows: Row[] };
    return rows;
  }

  /** Resolves when no invocation is under way, those that it has begun by itself included. */
  async drained(): Promise<void> {
    await untilItAnswers(async () => {
      const [{ count }] = await this.query<{ count: number }>(UNDER_WAY_QUERY);
      if (count > 0) throw new Error(`${count} invocations of Restate are still under way.`);
    });
  }

  /** Resolves when it answers again. */
  async killAndRestart(): Promise<void> {
    this.#session?.destroy();
    await this.#server?.kill();
    this.#start();
    await this.#connect();
  }

  async close(): Promise<void> {
    this.#session?.destroy();
    await this.#server?.kill();
    this.#endpoint.kill();
    this.#scratch.remove();
  }
}

async function ended(endpoint: ChildProcess): Promise<never> {
  const [code] = (await once(endpoint, 'exit')) as [number | null];
  throw new Error(`The process with the functions that Restate calls ended with code ${code}.`);
}
