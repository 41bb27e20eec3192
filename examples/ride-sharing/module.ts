/**
 * Ride sharing, after the example of the StateFun talks: passengers and drivers who never share a thread, rides that
 * bring them together, and cells of the map that know who is where.
 *
 * ```
 *   request ─► passenger ── begin ──► ride ── who is near? ──► cell ◄── join, leave ── driver ◄─ drive to
 *                 ▲                   │ ▲ └─── pick up ──────────────────────────────► │ ▲
 *                 └─ started, ended ──┘ └─── accepts, refuses, starts, ends ───────────┘ └─ start, end
 * ```
 *
 * A cell may send several rides to one driver. The driver takes the first and refuses the others, who ask again: nobody
 * locks anything, and no driver is ever promised twice.
 */
import { type Context, defineFunction, defineModule, value } from '../../src/index.ts';
import { cell, driver, notices, passenger, ride } from './messages.ts';

type RideStatus = 'looking' | 'promised' | 'started' | 'ended' | 'failed';

export const passengerFunction = defineFunction({
  type: passenger,
  state: { ride: value<string>(), rideCount: value({ initial: 0 }) },
  invoke(ctx, message) {
    if (message.kind === 'request ride') {
      // One at a time: the app shows the ride that goes on.
      if (ctx.state.ride !== undefined) return;
      ctx.state.ride = `${ctx.self.id}-${++ctx.state.rideCount}`;
      const { from, to } = message;
      ctx.send(ride, ctx.state.ride, { kind: 'begin', passenger: ctx.self.id, from, to });
      return;
    }
    const text = { 'ride failed': 'no driver', 'ride started': 'started', 'ride ended': 'ended' } as const;
    ctx.egress(notices, { to: 'passenger', id: ctx.self.id, ride: message.ride, text: text[message.kind] });
    if (message.kind !== 'ride started') ctx.clear('ride');
  },
});

const driverState = { cell: value<string>(), ride: value<string>(), destination: value<string>() };

export const driverFunction = defineFunction({
  type: driver,
  state: driverState,
  invoke(ctx, message) {
    switch (message.kind) {
      case 'drive to':
        return ctx.state.ride === undefined ? join(ctx, message.cell) : undefined;
      case 'pick up':
        return pickUp(ctx, message.ride);
      case 'start ride':
        if (ctx.state.ride !== undefined)
          ctx.send(ride, ctx.state.ride, { kind: 'driver starts', driver: ctx.self.id });
        return;
      case 'end ride':
        return endRide(ctx);
    }
  },
});

/** Is to be found there from now on. */
function join(ctx: Context<typeof driverState>, to: string): void {
  leave(ctx);
  ctx.state.cell = to;
  ctx.send(cell, to, { kind: 'join', driver: ctx.self.id });
}

function leave(ctx: Context<typeof driverState>): void {
  if (ctx.state.cell === undefined) return;
  ctx.send(cell, ctx.state.cell, { kind: 'leave', driver: ctx.self.id });
  ctx.clear('cell');
}

function pickUp(ctx: Context<typeof driverState>, wanted: string): void {
  if (ctx.state.ride !== undefined) {
    ctx.send(ride, wanted, { kind: 'driver refuses', driver: ctx.self.id });
    return;
  }
  leave(ctx);
  ctx.state.ride = wanted;
  ctx.send(ride, wanted, { kind: 'driver accepts', driver: ctx.self.id });
  ctx.egress(notices, { to: 'driver', id: ctx.self.id, ride: wanted, text: 'pick up' });
}

function endRide(ctx: Context<typeof driverState>): void {
  if (ctx.state.ride === undefined) return;
  ctx.send(ride, ctx.state.ride, { kind: 'driver ends', driver: ctx.self.id });
  ctx.clear('ride');
}

const rideState = {
  status: value<RideStatus>({ initial: 'looking' }),
  passenger: value<string>(),
  from: value<string>(),
  driver: value<string>(),
  /** Drivers who were busy when they were asked. */
  refusals: value<readonly string[]>({ initial: [] }),
};

export const rideFunction = defineFunction({
  type: ride,
  state: rideState,
  invoke(ctx, message) {
    switch (message.kind) {
      case 'begin':
        ctx.state.passenger = message.passenger;
        ctx.state.from = message.from;
        return look(ctx);
      case 'nearby driver':
        return message.driver === undefined ? fail(ctx) : promise(ctx, message.driver);
      case 'driver refuses':
        ctx.state.refusals = [...ctx.state.refusals, message.driver];
        return look(ctx);
      case 'driver accepts':
        ctx.state.status = 'promised';
        ctx.state.driver = message.driver;
        return;
      case 'driver starts':
        return tell(ctx, 'started', 'ride started');
      case 'driver ends':
        return tell(ctx, 'ended', 'ride ended');
    }
  },
});

function look(ctx: Context<typeof rideState>): void {
  if (ctx.state.from !== undefined) ctx.send(cell, ctx.state.from, { kind: 'who is near?', not: ctx.state.refusals });
}

function promise(ctx: Context<typeof rideState>, found: string): void {
  ctx.send(driver, found, { kind: 'pick up', ride: ctx.self.id, passenger: ctx.state.passenger ?? '' });
}

function fail(ctx: Context<typeof rideState>): void {
  tell(ctx, 'failed', 'ride failed');
}

function tell(
  ctx: Context<typeof rideState>,
  status: RideStatus,
  kind: 'ride failed' | 'ride started' | 'ride ended',
): void {
  ctx.state.status = status;
  if (ctx.state.passenger !== undefined) ctx.send(passenger, ctx.state.passenger, { kind, ride: ctx.self.id });
}

export const cellFunction = defineFunction({
  type: cell,
  state: { drivers: value<readonly string[]>({ initial: [] }) },
  invoke(ctx, message) {
    const { drivers } = ctx.state;
    if (message.kind === 'who is near?') {
      ctx.reply({ kind: 'nearby driver', driver: drivers.find((id) => !message.not.includes(id)) });
      return;
    }
    const others = drivers.filter((id) => id !== message.driver);
    // Whoever has waited longest comes first.
    ctx.state.drivers = message.kind === 'join' ? [...others, message.driver] : others;
  },
});

export default defineModule({
  functions: [passengerFunction, driverFunction, rideFunction, cellFunction],
  egresses: [notices],
});
