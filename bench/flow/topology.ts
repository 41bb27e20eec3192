/**
 * A topology as the rivals run it: which entities there are, what an entity does with a message, and how many messages
 * that makes. The engine runs the same as a module of stateful functions (`*-module.ts`), as a user would write it. Only
 * plain data says which topology is meant, since it has to cross to threads.
 *
 * Work comes in chains. Each chain has one message in flight (or one burst); a chain of `rounds` rounds makes a number of
 * messages that is known beforehand, and every message adds one to the count of the entity that it reaches. So the sum of
 * all counts is the checksum.
 */
import { AllToAllTopology } from './all-to-all-topology.ts';
import { BurstTopology } from './burst-topology.ts';
import { HotKeyTopology } from './hot-key-topology.ts';
import { LargeTopology } from './large-topology.ts';
import { PipelineTopology } from './pipeline-topology.ts';

/** All state that an entity has. */
export interface Tally {
  count: number;
}

export type Send<Message> = (id: string, message: Message) => void;

export interface Topology<Message> {
  readonly ids: readonly string[];
  /** What makes an entity report its count and start over at 0, for the engine; rivals look for themselves. */
  readonly censusMessage: Message;
  messagesPerChain(rounds: number): number;
  /** Sends the first message of a chain. */
  begin(chain: number, rounds: number, send: Send<Message>): void;
  receive(tally: Tally, message: Message, send: Send<Message>): void;
}

export interface AllToAllSpec {
  readonly kind: 'all-to-all';
  readonly entities: number;
}

export interface BurstSpec {
  readonly kind: 'bursts';
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  /** Messages that a source sends at once. */
  readonly burst: number;
  /** Of the body of each message of a burst; none unless given. */
  readonly bytes?: number | undefined;
}

export interface HotKeySpec {
  readonly kind: 'hot-key';
  readonly entities: number;
}

export interface PipelineSpec {
  readonly kind: 'pipeline';
  /** Entities of each of the five stages. */
  readonly width: number;
  /** Of the body of each message; none unless given. */
  readonly bytes?: number | undefined;
}

export interface LargeSpec {
  readonly kind: 'large';
  readonly entities: number;
  /** Of the body of each message. */
  readonly bytes: number;
  /** Whether targets are drawn by Zipf's law. */
  readonly isSkewed: boolean;
}

export type TopologySpec = AllToAllSpec | BurstSpec | HotKeySpec | PipelineSpec | LargeSpec;

/** `thread` tells the random sequences of several threads apart. */
export function openTopology(spec: TopologySpec, thread: number): Topology<unknown> {
  switch (spec.kind) {
    case 'all-to-all':
      return new AllToAllTopology(spec, thread);
    case 'bursts':
      return new BurstTopology(spec);
    case 'hot-key':
      return new HotKeyTopology(spec, thread);
    case 'pipeline':
      return new PipelineTopology(spec);
    case 'large':
      return new LargeTopology(spec, thread);
  }
}

/** A module's URL that carries its topology, since nothing else reaches a module in every thread. */
export function moduleWith(spec: TopologySpec, url: URL): URL {
  const whole = new URL(url);
  whole.searchParams.set('topology', JSON.stringify(spec));
  return whole;
}

/** The topology in the URL of the module that asks. */
export function topologyOf<Spec extends TopologySpec>(moduleUrl: string): Spec {
  return JSON.parse(new URL(moduleUrl).searchParams.get('topology') ?? '') as Spec;
}
