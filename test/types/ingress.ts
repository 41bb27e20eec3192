/**
 * What does and does not compile where input enters and results leave. This file is only ever compiled (`npm run
 * typecheck`): every line below a `@ts-expect-error` must be an error, and everything else must not be one.
 */
import {
  type Context,
  defineEgress,
  defineIngress,
  defineModule,
  defineRouter,
  egressType,
  type EgressType,
  type Engine,
  functionType,
  type IngressSource,
  ingressType,
  type IngressType,
  startEngine,
} from '../../src/index.ts';

interface Click {
  readonly user: string;
  readonly at: number;
}

declare const clickSource: IngressSource<Click>;
declare const textSource: IngressSource<string>;

// A token carries the type of the records to the router and to the program that knows the source.
const clicks = ingressType<Click>('web/clicks');
const visitor = functionType<{ readonly at: number }>('web/visitor');

export const byUser = defineRouter({
  ingress: clicks,
  route(click, send) {
    send(visitor, click.user, { at: click.at });
    // @ts-expect-error -- the record has no such field
    send(visitor, click.name, { at: click.at });
    // @ts-expect-error -- a wrong message
    send(visitor, click.user, { at: click.user });
  },
});

export const wrongRouter = defineRouter({
  ingress: clicks,
  // @ts-expect-error -- the token says what a record is
  route(line: string, send) {
    send(visitor, line, { at: 0 });
  },
});

export const fromSource = defineIngress({ type: clicks, source: clickSource });
// @ts-expect-error -- a source of other records
export const fromWrongSource = defineIngress({ type: clicks, source: textSource });
// An ingress is a token as well.
export const byIngress = defineRouter({
  ingress: fromSource,
  route: ({ user, at }, send) => send(visitor, user, { at }),
});

export async function start(module: URL): Promise<Engine> {
  // @ts-expect-error -- a token alone has no source
  await startEngine({ module, ingresses: [clicks] });
  return startEngine({ module, ingresses: [fromSource] });
}

// @ts-expect-error -- a name is a string
export const unnamed = ingressType<Click>(7);
// Without a type of records, nothing is known of them.
export const unknown: IngressType<unknown> = ingressType('web/anything');

// The same for egresses.
interface Visit {
  readonly count: number;
}
const visits = egressType<Visit>('web/visits');

export function hand(ctx: Context): void {
  ctx.egress(visits, { count: 1 });
  // @ts-expect-error -- a wrong record
  ctx.egress(visits, { count: 'one' });
}

export const toSink = defineEgress({ type: visits, sink: { write: (batch) => void batch.map(({ count }) => count) } });
export const toWrongSink = defineEgress({
  type: visits,
  sink: {
    // @ts-expect-error -- the token says what a record is
    write: (batch: readonly string[]) => void batch,
  },
});
// @ts-expect-error -- a module declares egresses; a token alone declares nothing
export const undeclared = defineModule({ egresses: [visits] });
export const declared = defineModule({ egresses: [toSink], routers: [byUser] });

export async function consume(engine: Engine): Promise<void> {
  for await (const { count } of engine.egress(visits)) count.toFixed();
}

// @ts-expect-error -- an ingress is no egress
export const crossed: EgressType<Click> = ingressType<Click>('web/clicks');
