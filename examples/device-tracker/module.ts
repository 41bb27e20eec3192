/**
 * A tracker of devices that report where they are, after the Internet-of-Things examples of the StateFun talks. What is
 * old is forgotten by itself, so millions of devices that come and go cost what those cost that are there.
 *
 * ```
 *   ingress ─► device "van-7" ── enter, leave ──► zone "harbour"     who is there
 *                │  ▲
 *                │  └─ silent? (15 minutes after the last report)
 *                └─► alerts
 * ```
 *
 * - The last report is state that expires an hour after it was written: whoever asks later is told that nobody knows.
 * - A low battery is reported once a day: what has been said is state that expires, too.
 * - A device that has been silent for 15 minutes leaves its zone; each report puts that off, by its token.
 */
import {
  type Context,
  defineEgress,
  defineFunction,
  defineModule,
  defineRouter,
  functionType,
  ingressType,
  table,
  value,
} from '../../src/index.ts';

export interface Report {
  readonly device: string;
  readonly zone: string;
  /** From 0 to 1. */
  readonly battery: number;
}

export type DeviceMessage = Report | 'silent?' | 'where?';
export type ZoneMessage =
  | { readonly kind: 'enter' | 'leave'; readonly device: string }
  | { readonly kind: 'who is there?'; readonly limit: number };

export interface Alert {
  readonly device: string;
  readonly text: 'battery low' | 'silent' | 'back';
}

export const device = functionType<DeviceMessage, string>('tracker/device');
export const zone = functionType<ZoneMessage, readonly string[]>('tracker/zone');
export const reports = ingressType<Report>('tracker/reports');
export const alerts = defineEgress<Alert>({ type: 'tracker/alerts' });

export const SILENCE = '15 min';
const BATTERY_LOW = 0.15;
const SILENCE_TOKEN = 'silence';

const byDevice = defineRouter({ ingress: reports, route: (report, send) => send(device, report.device, report) });

const deviceState = {
  report: value<Report>({ expire: { after: '1 h' } }),
  /** Where the device counts as being; none while it is silent. */
  zone: value<string>(),
  warned: value<true>({ expire: { after: '1 day' } }),
  /** Of the device's whole life. */
  reportCount: value({ initial: 0 }),
};

type DeviceContext = Context<typeof deviceState, string>;

export const deviceFunction = defineFunction({
  type: device,
  state: deviceState,
  invoke(ctx: DeviceContext, message) {
    if (message === 'where?') return ctx.reply(ctx.state.report?.zone ?? 'nobody knows');
    if (message === 'silent?') return fallSilent(ctx);
    if (ctx.state.reportCount > 0 && ctx.state.zone === undefined) alert(ctx, 'back');
    ctx.state.report = message;
    ctx.state.reportCount++;
    move(ctx, message.zone);
    ctx.cancel(SILENCE_TOKEN);
    ctx.sendAfter(SILENCE, device, ctx.self.id, 'silent?', { token: SILENCE_TOKEN });
    if (message.battery <= BATTERY_LOW && ctx.state.warned === undefined) {
      ctx.state.warned = true;
      alert(ctx, 'battery low');
    }
  },
});

function fallSilent(ctx: DeviceContext): void {
  // A report has overtaken this message, and has seen to it that there is another one to come.
  if (ctx.cancel(SILENCE_TOKEN)) {
    ctx.sendAfter(SILENCE, device, ctx.self.id, 'silent?', { token: SILENCE_TOKEN });
    return;
  }
  move(ctx, undefined);
  alert(ctx, 'silent');
}

function move(ctx: DeviceContext, to: string | undefined): void {
  const from = ctx.state.zone;
  if (from === to) return;
  const { id } = ctx.self;
  if (from !== undefined) ctx.send(zone, from, { kind: 'leave', device: id });
  if (to === undefined) return ctx.clear('zone');
  ctx.send(zone, to, { kind: 'enter', device: id });
  ctx.state.zone = to;
}

function alert(ctx: DeviceContext, text: Alert['text']): void {
  ctx.egress(alerts, { device: ctx.self.id, text });
}

/** Each device is an entry by itself: where a million devices are, one that moves touches one of them. */
const zoneState = { devices: table<true>(), count: value({ initial: 0 }) };

type ZoneContext = Context<typeof zoneState, readonly string[]>;

export const zoneFunction = defineFunction({
  type: zone,
  state: zoneState,
  invoke(ctx: ZoneContext, message): void | Promise<void> {
    const { devices } = ctx.state;
    if (message.kind === 'who is there?') return list(ctx, message.limit);
    const isThere = devices.has(message.device);
    if (isThere === (message.kind === 'enter')) return;
    if (isThere) devices.delete(message.device);
    else devices.set(message.device, true);
    ctx.state.count += isThere ? -1 : 1;
  },
});

/** In the order of their names; the zone does nothing else meanwhile. */
async function list(ctx: ZoneContext, limit: number): Promise<void> {
  const found: string[] = [];
  for await (const id of ctx.state.devices.keys({ limit })) found.push(id);
  ctx.reply(found);
}

export default defineModule({
  functions: [deviceFunction, zoneFunction],
  routers: [byDevice],
  egresses: [alerts],
});
