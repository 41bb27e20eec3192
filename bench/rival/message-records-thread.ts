/**
 * The two ends of records over `postMessage`. A single record goes as an array of numbers, many as one typed array: the
 * cheapest to clone that there is for each. The consumer takes what waits in a loop, which saves an event a post, and
 * lets the producer go on every so often, so that memory stays bounded.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { RECORD_WORDS } from '../micro/ring-carrier.ts';

/** `result` is answered when all records have arrived, with the sum of their words. */
export type ConsumerRequest = { readonly count: number } | 'result';

export interface RecordsTask {
  readonly end: 'producer' | 'consumer';
  readonly port: MessagePort;
  readonly postCount: number;
}

/** Records that may be under way, and how many of them the consumer acknowledges together. */
const WINDOW_COUNT = 16_000;
const ACKNOWLEDGED_COUNT = 4_000;

function produce(port: MessagePort, postCount: number): void {
  let count = 0;
  let sentCount = 0;
  let allowedCount = 0;
  const send = (): void => {
    while (sentCount < Math.min(count, allowedCount)) {
      const next = Math.min(postCount, count - sentCount);
      port.postMessage(postCount === 1 ? record(sentCount) : records(sentCount, next));
      sentCount += next;
    }
  };
  port.on('message', (acknowledgedCount: number) => {
    allowedCount = acknowledgedCount + WINDOW_COUNT;
    send();
  });
  parentPort?.on('message', (nextCount: number) => {
    parentPort?.postMessage(0);
    count = nextCount;
    sentCount = 0;
    allowedCount = WINDOW_COUNT;
    send();
  });
}

function record(n: number): number[] {
  return [n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7];
}

function records(first: number, count: number): Int32Array {
  const words = new Int32Array(count * RECORD_WORDS);
  for (let index = 0, at = 0; index < count; index++) {
    for (let word = 0; word < RECORD_WORDS; word++) words[at++] = first + index + word;
  }
  return words;
}

function consume(port: MessagePort): void {
  let count = 0;
  let receivedCount = 0;
  let acknowledgedCount = 0;
  let sum = 0;
  let resultWanted = false;
  const answer = (): void => {
    if (!resultWanted || receivedCount !== count) return;
    resultWanted = false;
    parentPort?.postMessage(sum);
  };
  const add = (words: number[] | Int32Array): void => {
    for (let at = 0; at < words.length; at++) sum = (sum + words[at]) | 0;
    receivedCount += words.length / RECORD_WORDS;
    if (receivedCount - acknowledgedCount < ACKNOWLEDGED_COUNT) return;
    acknowledgedCount = receivedCount;
    port.postMessage(acknowledgedCount);
  };
  port.on('message', (first: number[] | Int32Array) => {
    let post: number[] | Int32Array | undefined = first;
    while (post !== undefined) {
      add(post);
      post = receiveMessageOnPort(port)?.message as number[] | Int32Array | undefined;
    }
    answer();
  });
  parentPort?.on('message', (request: ConsumerRequest) => {
    if (request === 'result') {
      resultWanted = true;
      answer();
      return;
    }
    ({ count } = request);
    receivedCount = acknowledgedCount = sum = 0;
    parentPort?.postMessage(0);
  });
}

const { end, port, postCount } = workerData as RecordsTask;
if (end === 'producer') produce(port, postCount);
else consume(port);
