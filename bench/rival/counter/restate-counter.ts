/**
 * Counters as Restate's virtual objects: one object per id, one state, called through the ingress over HTTP/2, the
 * functions in a process of their own over HTTP/2, too. Its durability is left on, and an answer means that the increment
 * is durable. Two partitions, with which it was fastest on two cores. Killed and started again before its state is added
 * up by its own query interface.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import { entityIds, TargetDraw } from '../../flow/entity-ids.ts';
import type { CounterSession } from '../../flow/keyed-counter.ts';
import { Scratch } from '../../harness/scratch.ts';
import { missingPackage } from './counter-store.ts';
import { freePort, manyAtATime, RivalProcess, untilItAnswers } from './rival-process.ts';

/** The program itself: what npm links to is a script, which would be killed in its place. */
const PACKAGE: string = `@restatedev/restate-server-${process.platform}-${process.arch}`;
const PROGRAM = join(import.meta.dirname, '..', 'node_modules', PACKAGE, 'bin', 'restate-server');
/** More do not make it faster. */
const OUTSTANDING_MAX = 128;
const PARTITIONS = '2';
const SUM_QUERY = "SELECT value_utf8 FROM state WHERE service_name = 'counter' AND key = 'count'";

export function missingRestate(): string | undefined {
  return missingPackage(PACKAGE) ?? missingPackage('@restatedev/restate-sdk');
}

export class RestateCounter implements CounterSession {
  readonly #scratch = new Scratch();
  readonly #draw: TargetDraw;
  readonly #ports: { readonly ingress: number; readonly admin: number; readonly node: number };
  #endpoint: ChildProcess | undefined;
  #server: RivalProcess | undefined;
  #session: ClientHttp2Session | undefined;

  private constructor(entities: number, ports: { ingress: number; admin: number; node: number }) {
    this.#draw = new TargetDraw(entityIds(entities), 0);
    this.#ports = ports;
  }

  static async open(entities: number): Promise<RestateCounter> {
    const ports = { ingress: await freePort(), admin: await freePort(), node: await freePort() };
    const counter = new RestateCounter(entities, ports);
    await counter.#startEndpoint();
    return counter;
  }

  async #startEndpoint(): Promise<void> {
    const url = new URL('./restate-endpoint.ts', import.meta.url);
    const env = { ...process.env, NODE_ENV: 'production', RESTATE_LOGGING: 'ERROR' };
    this.#endpoint = fork(url, { execArgv: [], env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [port] = (await once(this.#endpoint, 'message')) as [number];
    this.#startServer();
    const uri = `http://127.0.0.1:${port}`;
    await untilItAnswers(() => this.#admin('/deployments', { uri, use_http_11: false }));
    await this.#connect();
  }

  #startServer(): void {
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
      return this.#call('/counter/nobody/read');
    });
  }

  #call(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#session?.request({ ':method': 'POST', ':path': path });
      let status = 0;
      stream?.on('response', (headers) => {
        status = Number(headers[':status']);
      });
      stream?.on('error', reject);
      stream?.on('end', () => (status === 200 ? resolve() : reject(new Error(`Restate answered ${status}.`))));
      stream?.resume();
      stream?.end();
    });
  }

  async add(count: number): Promise<number> {
    const startedMs = performance.now();
    await manyAtATime(count, OUTSTANDING_MAX, () => this.#call(`/counter/${this.#draw.next()}/add`));
    return (performance.now() - startedMs) / 1000;
  }

  async sum(): Promise<number> {
    this.#session?.destroy();
    await this.#server?.kill();
    this.#startServer();
    await this.#connect();
    const { rows } = (await this.#admin('/query', { query: SUM_QUERY })) as { rows: { value_utf8: string }[] };
    return rows.reduce((sum, row) => sum + Number(row.value_utf8), 0);
  }

  async close(): Promise<void> {
    this.#session?.destroy();
    await this.#server?.kill();
    this.#endpoint?.kill();
    this.#scratch.remove();
  }
}
