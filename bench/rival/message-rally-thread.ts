/**
 * The threads of ping-pong over `postMessage`.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Rally } from '../flow/rally.ts';

export interface PlayerTask {
  readonly player: 'ping' | 'pong';
  readonly port: MessagePort;
}

interface Served {
  readonly left: number;
  readonly first: boolean;
}

interface Returned {
  readonly left: number;
  readonly returnedCount: number;
}

function ping(port: MessagePort): void {
  const rally = new Rally();
  const serve = (left: number, first: boolean): void => {
    rally.serve();
    port.postMessage({ left, first } satisfies Served);
  };
  port.on('message', ({ left, returnedCount }: Returned) => {
    rally.returned();
    if (left > 0) serve(left - 1, false);
    else parentPort?.postMessage(rally.result(returnedCount));
  });
  parentPort?.on('message', (balls: number) => {
    rally.begin();
    serve(balls - 1, true);
  });
}

function pong(port: MessagePort): void {
  let returnedCount = 0;
  port.on('message', ({ left, first }: Served) => {
    returnedCount = first ? 1 : returnedCount + 1;
    port.postMessage({ left, returnedCount } satisfies Returned);
  });
}

const { player, port } = workerData as PlayerTask;
if (player === 'ping') ping(port);
else pong(port);
