/**
 * Where the engine meets the world: the pumps of its ingresses and the consumers of its egresses, all on the
 * coordinator's thread.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { EgressPump } from '../io/egress-pump.ts';
import { EgressStream } from '../io/egress-stream.ts';
import { type IngressPosition, IngressPump } from '../io/ingress-pump.ts';
import { namespaceOf } from '../sdk/address.ts';
import type { AnyEgress, EgressSink } from '../sdk/egress.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { AnyIngress, AnyRouter } from '../sdk/ingress.ts';
import type { Module } from '../sdk/module.ts';
import type { Coordinator } from './coordinator.ts';
import { IngressDoor } from './ingress-door.ts';
import type { FilledOptions } from './options.ts';

/** A write that does not end keeps nobody from a forced stop. */
const ABANDON_MS = 250;

export interface EdgeHooks {
  report(error: MillraceError): void;
  /** A sink or a callback takes no more. */
  egressFailed(error: MillraceError): void;
  /** Makes the coordinator look whether input may be taken again. */
  wake(): void;
  flush(): void;
}

/** The module, with what `startEngine` was given beside it. An egress keeps the number that the module gave it. */
export function mergeEdges(module: Module, options: FilledOptions): Module {
  const sinks = new Map(options.egresses.map((egress) => [egress.type, egress]));
  const egresses = module.egresses.map((egress): AnyEgress => {
    const given = sinks.get(egress.type);
    sinks.delete(egress.type);
    if (given === undefined) return egress;
    // The shards know only the schema that the module has.
    if (egress.sink === undefined) return { ...given, records: egress.records };
    throw new MillraceError('DUPLICATE_TYPE', `The egress "${egress.type}" has a sink in the module already.`);
  });
  for (const type of sinks.keys()) {
    throw new MillraceError(
      'UNKNOWN_EGRESS',
      `The module declares no egress named "${type}"; only those it declares can get a sink.`,
    );
  }
  const ingresses = mergeIngresses(module, options);
  const types = new Set(ingresses.map(({ type }) => type));
  const routers = [...module.routers, ...options.routers];
  for (const router of routers) {
    const { ingress } = router;
    if (!types.has(ingress)) {
      throw new MillraceError('UNKNOWN_INGRESS', `A router names the ingress "${ingress}", which is not declared.`);
    }
    checkTargets(module, router);
  }
  return { ...module, ingresses, routers, egresses };
}

/** Otherwise each of its records would fail, for all of its targets. */
function checkTargets({ functions }: Module, { ingress, targets = [] }: AnyRouter): void {
  const types = new Set(functions.map(({ type }) => type));
  for (const target of targets) {
    if (types.has(target) || types.has(`${namespaceOf(target)}/*`)) continue;
    const what = `The ingress "${ingress}" sends records to "${target}", and no function of the module has this name.`;
    throw new MillraceError('MODULE_YAML_INVALID', what, { details: { ingress, target } });
  }
}

/** What the module declares without a source may get it where the engine is started. */
function mergeIngresses(module: Module, options: FilledOptions): AnyIngress[] {
  const ingresses = new Map(module.ingresses.map((ingress) => [ingress.type, ingress]));
  const seen = new Set<string>();
  for (const given of options.ingresses) {
    if (seen.has(given.type) || ingresses.get(given.type)?.source !== undefined) {
      throw new MillraceError('DUPLICATE_TYPE', `Two ingresses are named "${given.type}".`);
    }
    seen.add(given.type);
    ingresses.set(given.type, given);
  }
  for (const { source, unserved } of ingresses.values()) {
    if (source === undefined && unserved !== undefined) throw new MillraceError('UNSERVED_INGRESS', unserved);
  }
  return [...ingresses.values()];
}

export class Edges {
  readonly #module: Module;
  readonly #coordinator: Coordinator;
  readonly #hooks: EdgeHooks;
  readonly #ingressPumps: IngressPump[];
  readonly #egressPumps: (EgressPump | undefined)[];
  readonly #streams: (EgressStream<unknown> | undefined)[];
  readonly #warned = new Set<string>();
  #ingressesEnded: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Set when the engine can no longer deliver: a consumer that comes late learns it at once. */
  #ended: { error: MillraceError | undefined } | undefined;

  /** `positions` are those of the ingresses at the last checkpoint, by type name. */
  constructor(
    module: Module,
    coordinator: Coordinator,
    positions: Readonly<Record<string, IngressPosition>>,
    hooks: EdgeHooks,
  ) {
    this.#module = module;
    this.#coordinator = coordinator;
    this.#hooks = hooks;
    this.#egressPumps = module.egresses.map(() => undefined);
    this.#streams = module.egresses.map(() => undefined);
    this.#ingressPumps = module.ingresses.map((ingress) => {
      const routers = module.routers.filter((router) => router.ingress === ingress.type);
      return new IngressPump(ingress, routers, new IngressDoor(coordinator, hooks), positions[ingress.type]);
    });
  }

  /** Opens sinks and starts to read. */
  open(): void {
    if (this.#closed) return;
    this.#module.egresses.forEach(({ sink }, number) => {
      if (sink !== undefined) this.attach(number, sink);
    });
    this.#ingressesEnded = this.#runIngresses();
  }

  /** Not before whoever started the engine has had a turn to listen to its errors and to consume its egresses. */
  async #runIngresses(): Promise<void> {
    await setImmediate();
    if (!this.#closed) await Promise.all(this.#ingressPumps.map((pump) => pump.run()));
  }

  /** Gives an egress its one consumer. */
  attach(number: number, sink: EgressSink<unknown>): void {
    this.#checkFree(number);
    const ledger = this.#coordinator.ledgers[number];
    if (ledger === undefined) return;
    this.#egressPumps[number] = new EgressPump(ledger, sink, {
      progressed: () => this.#hooks.wake(),
      failed: (error) => {
        this.#hooks.report(error);
        this.#hooks.egressFailed(error);
      },
    });
  }

  /** The one stream of an egress. */
  stream(number: number): EgressStream<unknown> {
    const known = this.#streams[number];
    if (known !== undefined) return known;
    this.#checkFree(number);
    const stream = new EgressStream<unknown>(this.#coordinator.ledgers[number], () => this.#hooks.wake());
    this.#streams[number] = stream;
    if (this.#ended !== undefined) this.#endStream(stream, this.#ended.error);
    return stream;
  }

  #checkFree(number: number): void {
    if (this.#egressPumps[number] === undefined && this.#streams[number] === undefined) return;
    const type = this.#module.egresses[number]?.type;
    throw new MillraceError('EGRESS_CONSUMED_TWICE', `The egress "${type}" has a consumer already; it can have one.`);
  }

  /** An egress holds back input. If nobody consumes it, that will not change by itself: say so, once. */
  crowded(type: string): void {
    const number = this.#module.egresses.findIndex((egress) => egress.type === type);
    if (this.#egressPumps[number] !== undefined || this.#streams[number] !== undefined || this.#warned.has(type))
      return;
    this.#warned.add(type);
    const pending = this.#coordinator.ledgers[number]?.pendingCount ?? 0;
    const what = `${pending} records wait in egress "${type}", which has neither a sink nor a consumer.`;
    this.#hooks.report(new MillraceError('EGRESS_UNCONSUMED', what));
  }

  /** How far the replayable ingresses have been routed, by type name. */
  positions(): Record<string, IngressPosition> {
    const positions: Record<string, IngressPosition> = {};
    for (const { type, position } of this.#ingressPumps) if (position !== undefined) positions[type] = position;
    return positions;
  }

  /** Records taken since the start, by ingress type. */
  ingressCounts(): Record<string, number> {
    return Object.fromEntries(this.#ingressPumps.map(({ type, recordCount }) => [type, recordCount]));
  }

  async ingressesEnded(): Promise<void> {
    await this.#ingressesEnded;
  }

  closeIngresses(): void {
    this.#closed = true;
    for (const pump of this.#ingressPumps) pump.stop();
  }

  /** Whether sinks and callbacks have taken all there is. Streams are the program's own affair. */
  areDelivered(): boolean {
    return this.#coordinator.ledgers.every(({ pendingCount }, number) => {
      return pendingCount === 0 || this.#egressPumps[number] === undefined;
    });
  }

  /** Hands over what is left and closes all sinks. */
  async deliverAll(): Promise<void> {
    await Promise.all(this.#egressPumps.map(async (pump) => pump?.stop()));
  }

  /** Closes all sinks as they are; waits a moment for those that are in the midst of a write. */
  async abandon(): Promise<void> {
    const over = new AbortController();
    const closed = Promise.all(this.#egressPumps.map(async (pump) => pump?.abandon()));
    await Promise.race([closed, setTimeout(ABANDON_MS, undefined, { signal: over.signal }).catch(() => {})]);
    over.abort();
  }

  /** Ends all streams; those of a failed engine with its error. */
  end(error: MillraceError | undefined): void {
    this.#ended ??= { error };
    for (const stream of this.#streams) if (stream !== undefined) this.#endStream(stream, error);
  }

  #endStream(stream: EgressStream<unknown>, error: MillraceError | undefined): void {
    if (error === undefined) stream.end();
    else stream.fail(error);
  }
}
