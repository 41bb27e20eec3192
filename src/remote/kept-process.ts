/**
 * One process that does not outlive us, however we end: beside it runs a keeper, a few lines of shell that wait on a pipe
 * which we hold open. When the pipe closes (we closed it, our thread has ended, or somebody has killed us with -9), the
 * keeper ends the process and all that it has started, and removes its socket.
 *
 * ```
 *  shard's thread ──── pipe, fd 3 ────► keeper (sh)      reads until the end, then TERM, grace, KILL
 *        │                                │ same process group
 *        └─ spawn, own session ─────► the command         its pid is that of the group
 * ```
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as absolutePath } from 'node:path';
import type { Duplex } from 'node:stream';
import { ProcessLines } from './process-lines.ts';

/** The shell that is started becomes the command; what it leaves behind is the keeper. `$$` is the command's pid. */
const KEEPER = `
(
  trap '' HUP INT TERM
  read -r _ <&3
  kill -TERM -$$
  tenths=0
  while kill -0 $$ && [ $tenths -lt $MILLRACE_STOP_TENTHS ]; do
    sleep 0.1 || sleep 1
    tenths=$((tenths + 1))
  done
  rm -f "$MILLRACE_SOCKET"
  rmdir "\${MILLRACE_SOCKET%/*}"
  kill -KILL -$$
) </dev/null >/dev/null 2>&1 &
exec 3<&-
exec "$@"
`;

/** The shortest longest path of a Unix socket among our systems, with its end. */
const SOCKET_PATH_BYTES_MAX = 103;
/** How long after its end the last lines of a process are waited for. */
const LAST_LINES_MS = 200;

export interface LaunchOrder {
  readonly command: readonly string[];
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly stopMs: number;
  /** A promise says when there is room for more, and never rejects; until then no more is read. */
  readonly line: (stream: 'stdout' | 'stderr', text: string) => Promise<void> | undefined;
}

/** A process that was started, or at least tried to. */
export interface Launched {
  /** 0 if it never came to life. */
  readonly pid: number;
  /** Where it is to serve. */
  readonly socketPath: string;
  /** Resolves when it has ended, with how: `exit code 3`. */
  readonly ended: Promise<string>;
  /** SIGTERM for it and all that it has started; or SIGKILL. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/** A directory that only we can look into, with a path that is short enough. */
function makeSocketDirectory(): string {
  // Absolute, since the process may have another working directory.
  const wanted = absolutePath(tmpdir());
  const isTooLong = Buffer.byteLength(join(wanted, 'millrace-process-XXXXXX', 'f.sock')) > SOCKET_PATH_BYTES_MAX;
  const base = isTooLong ? '/tmp' : wanted;
  return mkdtempSync(join(base, 'millrace-process-'));
}

export function launchKept(order: LaunchOrder): Launched {
  const directory = makeSocketDirectory();
  const socketPath = join(directory, 'f.sock');
  try {
    return new KeptProcess(spawnKept(order, socketPath), directory, socketPath, order);
  } catch (error) {
    // The system may have no process left to give.
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function spawnKept(order: LaunchOrder, socketPath: string): ChildProcess {
  return spawn('/bin/sh', ['-c', KEEPER, 'millrace-keeper', ...order.command], {
    cwd: order.cwd,
    env: {
      ...process.env,
      ...order.env,
      MILLRACE_SOCKET: socketPath,
      MILLRACE_STOP_TENTHS: String(Math.ceil(order.stopMs / 100)),
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}

class KeptProcess implements Launched {
  readonly pid: number;
  readonly socketPath: string;
  readonly ended: Promise<string>;
  #hasEnded = false;

  constructor(child: ChildProcess, directory: string, socketPath: string, { line, cwd }: LaunchOrder) {
    this.pid = child.pid ?? 0;
    this.socketPath = socketPath;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    const keeper = child.stdio[3] as Duplex | null | undefined;
    // The keeper says nothing and may be gone first: neither is worth an error.
    keeper?.on('error', () => {});
    const outputs = [
      read(child.stdout, (text) => line('stdout', text)),
      read(child.stderr, (text) => line('stderr', text)),
    ];
    const end = (reason: string): void => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      keeper?.destroy();
      rmSync(directory, { recursive: true, force: true });
      // What it has started may hold its output open.
      const timer = setTimeout(() => resolve(reason), LAST_LINES_MS);
      void Promise.allSettled(outputs).then(() => {
        clearTimeout(timer);
        resolve(reason);
      });
    };
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once('error', (error) => end(cwd === undefined ? error.message : `${error.message} (in ${cwd})`));
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#hasEnded || this.pid === 0) return;
    try {
      // The whole group; the keeper does not mind the first.
      process.kill(-this.pid, name);
    } catch {
      // It has just ended.
    }
  }
}

function read(stream: NodeJS.ReadableStream | null, take: (text: string) => Promise<void> | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (stream === null) return Promise.resolve();
  let waits: Promise<void>[] = [];
  const lines = new ProcessLines((text) => {
    const room = take(text);
    if (room !== undefined && room !== waits.at(-1)) waits.push(room);
  });
  stream.on('data', (bytes: Buffer) => {
    lines.add(bytes);
    if (waits.length === 0) return;
    stream.pause();
    void Promise.all(waits).then(() => stream.resume());
    waits = [];
  });
  stream.once('error', () => resolve());
  stream.once('close', () => {
    lines.end();
    resolve();
  });
  return promise;
}
