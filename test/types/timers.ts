/**
 * What does and does not compile around delayed messages and schedules. This file is only ever compiled (`npm run
 * typecheck`): every line below a `@ts-expect-error` must be an error, and everything else must not be one.
 */
import { defineFunction, type Duration, functionType, type PendingTimer, type Schedule } from '../../src/index.ts';

const bell = functionType<{ readonly ring: number }>('tower/bell');

export const ringer = defineFunction({
  type: 'tower/ringer',
  async invoke(ctx, delay: Duration) {
    ctx.sendAfter(delay, bell, 'Kim', { ring: 1 });
    ctx.sendAfter('1h 30m', bell, 'Kim', { ring: 1 }, { token: 'x', late: 'skip', tolerance: '5 min', ifExists: true });
    ctx.sendAfter(5, 'tower/any', 'Kim', { whatever: true }, { token: undefined });
    // @ts-expect-error -- not what a bell takes
    ctx.sendAfter(5, bell, 'Kim', { ring: 'loud' });
    // @ts-expect-error -- nor is it of a schedule
    ctx.schedule({ cron: '0 7 * * 1' }, bell, 'Kim', 'ring');
    // @ts-expect-error -- no such policy
    ctx.sendAfter(5, bell, 'Kim', { ring: 1 }, { late: 'never' });
    // @ts-expect-error -- a schedule has a pattern
    ctx.schedule({ timeZone: 'Europe/Berlin' }, bell, 'Kim', { ring: 1 });
    const schedule: Schedule = { cron: '0 7 * * 1', timeZone: 'Europe/Berlin' };
    ctx.schedule(schedule, bell, 'Kim', { ring: 1 }, { token: 'weekly' });
    const wasPending: boolean = ctx.cancel('weekly');
    const pending: PendingTimer[] = await ctx.timers();
    const [{ due, target, token }] = pending as [PendingTimer];
    const told: readonly [number, string, string | undefined, boolean] = [due, target.id, token, wasPending];
    // @ts-expect-error -- what is listed cannot be changed
    pending[0].due = told[0];
  },
});
