/**
 * Ingresses and routers: where input enters. A source gives records in batches with a position after each batch; a
 * router turns one record into messages. Both run on the coordinator's thread. A router is stateless: it must give the
 * same messages for the same record, since a record may be read again after a crash.
 */
import { checkTypeName } from './address.ts';
import { describe, MillraceError } from './errors.ts';
import type { FunctionType } from './function.ts';
import { checkDefinition, namesOf } from './known-fields.ts';
import type { OutsideMessageOptions } from './message-options.ts';

declare const record: unique symbol;

/** The name of an ingress, with the type of its records. */
export interface IngressType<Record> {
  readonly kind?: 'ingress';
  readonly type: string;
  readonly [record]?: () => Record;
}

export interface SourceBatch<Record> {
  readonly records: readonly Record[];
  /** Where to read on after this batch: plain data, understood by the source alone. */
  readonly position: unknown;
}

/** What a source may tell besides records. */
export interface SourceHooks {
  /** Reports a record that was skipped, as an error with its place; reading goes on. */
  skipped(error: MillraceError): void;
  /** Aborted when the engine stops; the source should end soon. */
  readonly signal: AbortSignal;
}

/** Where records come from. Each call of `read` starts anew at `from`, or at the beginning. */
export interface IngressSource<Record> {
  /** Whether reading again from a position gives the same records. */
  readonly replayable: boolean;
  read(from: unknown, hooks: SourceHooks): AsyncIterable<SourceBatch<Record>>;
}

export interface Ingress<Record> extends IngressType<Record> {
  readonly kind: 'ingress';
  readonly source: IngressSource<Record> | undefined;
  /** Why an engine must not start while it has no source: it stands for a connector that nobody has. */
  readonly unserved?: string | undefined;
}

/** Sends a message from a router; the message has no caller. */
export interface RouterSend {
  <Message>(
    target: FunctionType<Message>,
    id: string,
    message: NoInfer<Message>,
    options?: OutsideMessageOptions,
  ): void;
  (target: string, id: string, message: unknown, options?: OutsideMessageOptions): void;
}

export interface Router<Record> {
  readonly kind: 'router';
  /** Type name of the ingress whose records it routes. */
  readonly ingress: string;
  route(record: Record, send: RouterSend): void;
  /** Functions that it sends to, where that is known before: an engine that lacks one of them does not start. */
  readonly targets?: readonly string[] | undefined;
}

// oxlint-disable-next-line typescript/no-explicit-any -- what accepts every record type in a list
export type AnyIngress = Ingress<any>;
// oxlint-disable-next-line typescript/no-explicit-any -- what accepts every record type in a list
export type AnyRouter = Router<any>;

const INGRESS_FIELDS = namesOf<AnyIngress>('type', 'source');
const ROUTER_FIELDS = namesOf<AnyRouter>('ingress', 'route');

/**
 * Names an ingress and its records apart from its source: for routers whose source is known only where the engine is
 * started, and is given there as an ingress of this type.
 *
 * @throws MillraceError `INVALID_TYPE_NAME`
 */
export function ingressType<Record>(type: string): IngressType<Record> {
  return Object.freeze({ type: checkTypeName(type) });
}

/**
 * Declares an ingress. Its source may also be given where the engine is started.
 *
 * @throws MillraceError `INVALID_TYPE_NAME` or `INVALID_DEFINITION`
 */
export function defineIngress<Record>(definition: {
  type: string | IngressType<Record>;
  source?: IngressSource<Record>;
}): Ingress<Record> {
  checkDefinition('ingress', definition, INGRESS_FIELDS);
  const type = checkTypeName(typeof definition.type === 'string' ? definition.type : definition.type?.type);
  const { source } = definition;
  if (source !== undefined && typeof source?.read !== 'function') {
    const what = `Ingress ${type}: source must have a function read, as ndjsonSource(…) does; it is ${describe(source)}.`;
    throw new MillraceError('INVALID_DEFINITION', what);
  }
  return Object.freeze({ kind: 'ingress' as const, type, source });
}

/**
 * Declares a router; an ingress may have several, and each gets every record.
 *
 * @throws MillraceError `INVALID_TYPE_NAME` or `INVALID_DEFINITION`
 */
export function defineRouter<Record>(definition: {
  ingress: string | IngressType<Record>;
  route(record: Record, send: RouterSend): void;
}): Router<Record> {
  checkDefinition('router', definition, ROUTER_FIELDS);
  const { route } = definition;
  const ingress = checkTypeName(typeof definition.ingress === 'string' ? definition.ingress : definition.ingress?.type);
  if (typeof route !== 'function') {
    throw new MillraceError(
      'INVALID_DEFINITION',
      `Router of ${ingress}: route must be a function, not ${describe(route)}.`,
    );
  }
  return Object.freeze({ kind: 'router' as const, ingress, route });
}
