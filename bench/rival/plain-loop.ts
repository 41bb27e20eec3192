/**
 * The plain one-thread loop: a `Map` from id to state, a queue, and a handler. Messages are passed by reference, nothing
 * is encoded, nothing is durable, nothing is isolated. It is what somebody writes who needs none of that, and the
 * fastest way that we know to write it.
 */
import type { Tally, Topology } from '../flow/topology.ts';
import { parcelQueue } from './parcel-queue.ts';

export interface PlainLoop {
  run(chains: number, rounds: number): void;
  /** The sum of all counts, which start over at 0. Afterwards every entity is known. */
  takeSum(): number;
}

export function plainLoop<Message>(topology: Topology<Message>): PlainLoop {
  const states = new Map<string, Tally>();
  const { push, run: runQueue } = parcelQueue<string, Message>((id, message) =>
    topology.receive(tallyOf(id), message, push),
  );

  const tallyOf = (id: string): Tally => {
    let tally = states.get(id);
    if (tally === undefined) {
      tally = { count: 0 };
      states.set(id, tally);
    }
    return tally;
  };

  const run = (chains: number, rounds: number): void => {
    for (let chain = 0; chain < chains; chain++) topology.begin(chain, rounds, push);
    runQueue();
  };

  const takeSum = (): number => {
    let sum = 0;
    for (const id of topology.ids) {
      const tally = tallyOf(id);
      sum += tally.count;
      tally.count = 0;
    }
    return sum;
  };

  return { run, takeSum };
}
