/**
 * Counters as Cloudflare's Durable Objects, on workerd with their SQLite storage on the local disk: an object per id,
 * called over HTTP/1.1 with connections kept open. Its output gate holds an answer back until the write is durable. Killed
 * and started again before the objects are read one after the other, those that were called.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { entityIds, TargetDraw } from '../../flow/entity-ids.ts';
import type { CounterSession } from '../../flow/keyed-counter.ts';
import { Scratch } from '../../harness/scratch.ts';
import { missingPackage } from './counter-store.ts';
import { freePort, manyAtATime, RivalProcess, untilItAnswers } from './rival-process.ts';

/** The program itself: what npm links to may be a script, which would be killed in its place. */
const PACKAGE: string = `@cloudflare/workerd-${process.platform}-${process.arch === 'x64' ? '64' : process.arch}`;
const PROGRAM = join(import.meta.dirname, '..', 'node_modules', PACKAGE, 'bin', 'workerd');
const OUTSTANDING_MAX = 64;

const WORKER = `
export default {
  fetch(request, env) {
    const [, id, what] = new URL(request.url).pathname.split('/');
    return env.COUNTERS.get(env.COUNTERS.idFromName(id)).fetch('http://counter/' + what);
  },
};
export class Counter {
  constructor(state) { this.storage = state.storage; }
  async fetch(request) {
    const count = (await this.storage.get('count')) ?? 0;
    if (request.url.endsWith('/read')) return new Response(String(count));
    await this.storage.put('count', count + 1);
    return new Response(String(count + 1));
  }
}
`;

function configuration(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .counters), (name = "disk", disk = (path = "objects", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const counters :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-01-01",
  durableObjectNamespaces = [(className = "Counter", uniqueKey = "millrace-bench-counter", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [(name = "COUNTERS", durableObjectNamespace = "Counter")],
);
`;
}

export function missingWorkerd(): string | undefined {
  return missingPackage(PACKAGE);
}

export class WorkerdCounter implements CounterSession {
  readonly #scratch = new Scratch();
  readonly #draw: TargetDraw;
  readonly #port: number;
  readonly #called = new Set<string>();
  #agent = new Agent({ keepAlive: true, maxSockets: OUTSTANDING_MAX });
  #server: RivalProcess | undefined;

  private constructor(entities: number, port: number) {
    this.#draw = new TargetDraw(entityIds(entities), 0);
    this.#port = port;
  }

  static async open(entities: number): Promise<WorkerdCounter> {
    const counter = new WorkerdCounter(entities, await freePort());
    const { path } = counter.#scratch;
    mkdirSync(join(path, 'objects'));
    writeFileSync(join(path, 'worker.js'), WORKER);
    writeFileSync(join(path, 'config.capnp'), configuration(counter.#port));
    await counter.#start();
    return counter;
  }

  async #start(): Promise<void> {
    const { path } = this.#scratch;
    // Its paths are relative to where it is started.
    this.#server = new RivalProcess('sh', ['-c', `cd "$0" && exec "$1" serve config.capnp`, path, PROGRAM]);
    await untilItAnswers(() => this.#call('nobody', 'read'));
  }

  #call(id: string, what: 'add' | 'read'): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path: `/${id}/${what}`, agent: this.#agent };
      const asked = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(Number(text));
          else reject(new Error(`workerd answered ${response.statusCode}: ${text}`));
        });
      });
      asked.on('error', reject).end();
    });
  }

  async add(count: number): Promise<number> {
    const startedMs = performance.now();
    await manyAtATime(count, OUTSTANDING_MAX, async () => {
      const id = this.#draw.next();
      this.#called.add(id);
      await this.#call(id, 'add');
    });
    return (performance.now() - startedMs) / 1000;
  }

  async sum(): Promise<number> {
    await this.#server?.kill();
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true, maxSockets: OUTSTANDING_MAX });
    await this.#start();
    const ids = [...this.#called];
    let sum = 0;
    await manyAtATime(ids.length, OUTSTANDING_MAX, async () => {
      const count = await this.#call(ids.pop() ?? '', 'read');
      sum += count;
    });
    return sum;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#server?.kill();
    this.#scratch.remove();
  }
}
