/**
 * The snapshot machine: the table at its head line by line, and many threads of it together against the definition of a
 * consistent cut.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import type { Epoch } from '../../../src/base/brand.ts';
import { SnapshotMachine } from '../../../src/snapshot/snapshot-machine.ts';

function epoch(number: number): Epoch {
  return number as Epoch;
}

test('the first marker cuts, and every other channel is recorded until its own', () => {
  const machine = new SnapshotMachine(3, epoch(7));
  expect([machine.isRecording, machine.records(0), machine.records(1)]).toEqual([false, false, false]);
  expect(machine.onMarker(1, epoch(7))).toBe('cut');
  expect(machine.epoch).toBe(8);
  expect([machine.records(0), machine.records(1), machine.records(2)]).toEqual([true, false, true]);
  expect(machine.onMarker(0, epoch(7))).toBe('close');
  expect([machine.records(0), machine.records(1), machine.records(2)]).toEqual([false, false, true]);
  expect(machine.onMarker(2, epoch(7))).toBe('complete');
  expect([machine.isRecording, machine.records(2)]).toEqual([false, false]);
});

test('the next epoch begins anew, on whichever channel comes first', () => {
  const machine = new SnapshotMachine(2, epoch(1));
  for (let number = 1; number <= 4; number++) {
    const first = number % 2;
    expect(machine.onMarker(first, epoch(number))).toBe('cut');
    expect(machine.onMarker(1 - first, epoch(number))).toBe('complete');
  }
  expect(machine.epoch).toBe(5);
});

test.each([
  ['of an epoch that is over', 4],
  ['of an epoch that has not begun', 6],
])('a first marker %s is a bug (I8)', (_, number) => {
  const machine = new SnapshotMachine(2, epoch(5));
  expect(() => machine.onMarker(0, epoch(number))).toThrow(AssertionError);
});

test.each([
  ['a second one from the same channel', 0, 5],
  ['one of the next epoch', 1, 6],
  ['one of an older epoch', 1, 4],
])('while a snapshot is under way, %s is a bug (I3)', (_, channel, number) => {
  const machine = new SnapshotMachine(3, epoch(5));
  machine.onMarker(0, epoch(5));
  expect(() => machine.onMarker(channel, epoch(number))).toThrow(AssertionError);
});

test('a shard that hears from nobody but the coordinator is no shard: it has a mailbox, too', () => {
  expect(() => new SnapshotMachine(1, epoch(1))).toThrow(AssertionError);
});

interface Node {
  readonly machine: SnapshotMachine;
  /** Whether the coordinator's marker has come, which is on a channel of its own. */
  hasBegun: boolean;
  /** What has been received, in all and at the cut. */
  received: number;
  atCut: number;
  recorded: number;
}

/** Nodes that send numbers to each other over FIFO channels; the driver's choices say who sends and who receives. */
class Network {
  readonly nodes: Node[];
  readonly #queues: (number | 'marker')[][];
  sent = 0;
  sentBeforeCut = 0;

  constructor(size: number) {
    this.nodes = Array.from({ length: size }, () => {
      return { machine: new SnapshotMachine(size + 1, epoch(1)), hasBegun: false, received: 0, atCut: 0, recorded: 0 };
    });
    this.#queues = Array.from({ length: size * size }, () => []);
  }

  send(from: number, to: number): void {
    this.#queues[from * this.nodes.length + to].push(1);
    this.sent++;
    if (this.nodes[from].machine.epoch === 1) this.sentBeforeCut++;
  }

  receive(from: number, to: number): void {
    const item = this.#queues[from * this.nodes.length + to].shift();
    const node = this.nodes[to];
    if (item === 'marker') this.#onMarker(from, to);
    else if (item !== undefined) {
      node.received++;
      if (node.machine.records(from)) node.recorded++;
    }
  }

  /** The coordinator's marker comes to a node. */
  begin(node: number): void {
    if (this.nodes[node].hasBegun) return;
    this.nodes[node].hasBegun = true;
    this.#onMarker(this.nodes.length, node);
  }

  #onMarker(from: number, at: number): void {
    const node = this.nodes[at];
    if (node.machine.onMarker(from, epoch(1)) !== 'cut') return;
    node.atCut = node.received;
    for (let to = 0; to < this.nodes.length; to++) this.#queues[at * this.nodes.length + to].push('marker');
  }

  drain(): void {
    const size = this.nodes.length;
    for (let node = 0; node < size; node++) this.begin(node);
    while (this.#queues.some((queue) => queue.length > 0)) {
      for (let index = 0; index < size * size; index++) this.receive(Math.floor(index / size), index % size);
    }
  }
}

test('whatever happens when, all that was sent before the cuts is received before them or recorded (I6)', () => {
  const choice = fc.record({ send: fc.boolean(), from: fc.nat(2), to: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 80 }), fc.nat(80), fc.nat(2), (choices, beginAt, initiator) => {
      const network = new Network(3);
      for (const [index, { send, from, to }] of choices.entries()) {
        if (index === beginAt) network.begin(initiator);
        if (send) network.send(from, to);
        else network.receive(from, to);
      }
      network.drain();
      const inCut = network.nodes.reduce((sum, { atCut, recorded }) => sum + atCut + recorded, 0);
      expect(inCut).toBe(network.sentBeforeCut);
      expect(network.nodes.map(({ machine }) => machine.isRecording)).toEqual([false, false, false]);
    }),
    { numRuns: 200, seed: 1 },
  );
});
