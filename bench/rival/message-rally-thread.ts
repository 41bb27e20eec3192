/**
 * The threads of ping-pong over `postMessage`.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { isWhole, makeBody } from '../flow/message-body.ts';
import { Rally } from '../flow/rally.ts';

export interface PlayerTask {
  readonly player: 'ping' | 'pong';
  readonly port: MessagePort;
  /** Of the body of each ball; undefined: it has none. */
  readonly bytes: number | undefined;
}

interface Served {
  readonly left: number;
  readonly first: boolean;
  readonly body?: Uint8Array;
}

interface Returned {
  readonly left: number;
  readonly returnedCount: number;
  readonly body?: Uint8Array;
}

function ping({ port, bytes }: PlayerTask): void {
  const rally = new Rally();
  const serve = (left: number, first: boolean, body = bytes === undefined ? undefined : makeBody(bytes)): void => {
    rally.serve();
    port.postMessage((body === undefined ? { left, first } : { left, first, body }) satisfies Served);
  };
  port.on('message', ({ left, returnedCount, body }: Returned) => {
    rally.returned();
    if (left > 0) serve(left - 1, false, body);
    else parentPort?.postMessage(rally.result(returnedCount));
  });
  parentPort?.on('message', (balls: number) => {
    rally.begin();
    serve(balls - 1, true);
  });
}

function pong({ port, bytes = 0 }: PlayerTask): void {
  let returnedCount = 0;
  port.on('message', ({ left, first, body }: Served) => {
    if (first) returnedCount = 0;
    if (body === undefined || isWhole(body, bytes)) returnedCount++;
    port.postMessage((body === undefined ? { left, returnedCount } : { left, returnedCount, body }) satisfies Returned);
  });
}

const task = workerData as PlayerTask;
if (task.player === 'ping') ping(task);
else pong(task);
