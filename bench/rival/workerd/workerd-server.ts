/**
 * Cloudflare's Durable Objects on workerd, with their SQLite storage on the local disk: an object per id, called over
 * HTTP/1.1 with connections kept open. Its output gate holds an answer, and what it sends to other objects, back until
 * the writes before are durable. One for each measurement, on data of its own; it can be killed and started again on it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { Scratch } from '../../harness/scratch.ts';
import { missingPackage, RIVAL_PACKAGES } from '../rival-package.ts';
import { freePort, RivalProcess, untilItAnswers } from '../rival-process.ts';

/** The program itself: what npm links to may be a script, which would be killed in its place. */
const PACKAGE: string = `@cloudflare/workerd-${process.platform}-${process.arch === 'x64' ? '64' : process.arch}`;
const PROGRAM = join(RIVAL_PACKAGES, PACKAGE, 'bin', 'workerd');
/** Calls under way. More do not make it faster. */
export const WORKERD_OUTSTANDING_MAX = 64;
export const WORKERD = 'Durable Objects on workerd';

/** `/id/what/…` goes to the object of that id as `/what/…`. */
const ROUTER = `
export default {
  fetch(request, env) {
    const [, id, ...rest] = new URL(request.url).pathname.split('/');
    const { method, body } = request;
    const more = method === 'GET' ? undefined : { method, body };
    return env.OBJECTS.get(env.OBJECTS.idFromName(id)).fetch('http://object/' + rest.join('/'), more);
  },
};
`;

function configuration(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .objects), (name = "disk", disk = (path = "objects", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const objects :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-01-01",
  durableObjectNamespaces = [(className = "Entity", uniqueKey = "millrace-bench", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [(name = "OBJECTS", durableObjectNamespace = "Entity")],
);
`;
}

export function missingWorkerd(): string | undefined {
  return missingPackage(PACKAGE);
}

export class WorkerdServer {
  readonly #scratch = new Scratch();
  readonly #port: number;
  #agent = newAgent();
  #server: RivalProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  /** `source` is the class `Entity`, which must answer `/read` without a write. */
  static async open(source: string): Promise<WorkerdServer> {
    const server = new WorkerdServer(await freePort());
    const { path } = server.#scratch;
    mkdirSync(join(path, 'objects'));
    writeFileSync(join(path, 'worker.js'), ROUTER + source);
    writeFileSync(join(path, 'config.capnp'), configuration(server.#port));
    await server.#start();
    return server;
  }

  async #start(): Promise<void> {
    const { path } = this.#scratch;
    // Its paths are relative to where it is started.
    this.#server = new RivalProcess('sh', ['-c', `cd "$0" && exec "$1" serve config.capnp`, path, PROGRAM]);
    await untilItAnswers(() => this.call('/nobody/read'));
  }

  /** With a body it is a POST. */
  call(path: string, body?: Buffer): Promise<string> {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = body === undefined ? {} : { 'content-length': body.length };
    const options = { host: '127.0.0.1', port: this.#port, path, method, headers, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`workerd answered ${response.statusCode}: ${text}`));
        });
      });
      asked.on('error', reject).end(body);
    });
  }

  /** Resolves when it answers again. */
  async killAndRestart(): Promise<void> {
    await this.#server?.kill();
    this.#agent.destroy();
    this.#agent = newAgent();
    await this.#start();
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#server?.kill();
    this.#scratch.remove();
  }
}

function newAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: WORKERD_OUTSTANDING_MAX });
}
