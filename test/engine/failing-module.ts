/**
 * A module whose functions fail until they are healed: while the environment has no `MILLRACE_HEALED` when an engine is
 * started. So a test can have very many dead letters, and then another version of the program that handles them.
 */
import {
  defineEgress,
  defineFunction,
  defineModule,
  functionType,
  type QuarantineEvent,
  value,
} from '../../src/index.ts';
import { countSchema } from '../small-schema.ts';

export const HEALED_VARIABLE = 'MILLRACE_HEALED';

const isHealed = process.env[HEALED_VARIABLE] !== undefined;

export interface Job {
  readonly n: number;
  /** What it fails with. */
  readonly fail?: string;
}

export const alarms = defineEgress<QuarantineEvent>({ type: 'failing/alarms' });
export const work = functionType<Job | 'done?', readonly number[]>('failing/work');

/** Keeps the numbers of what it has done. */
const workFunction = defineFunction({
  type: work,
  state: { done: value<readonly number[]>({ initial: [] }) },
  invoke(ctx, job) {
    if (job === 'done?') return ctx.reply(ctx.state.done);
    if (job.fail !== undefined && !isHealed) throw Object.assign(new RangeError(job.fail), { code: 'E_JOB' });
    ctx.state.done = [...ctx.state.done, job.n];
    ctx.send(sums, 'all', job.n);
  },
});

export const sums = functionType<number | 'sum?', { sum: number; count: number }>('failing/sum');

const sumFunction = defineFunction({
  type: sums,
  state: { sum: value({ initial: 0 }), count: value({ initial: 0 }) },
  invoke(ctx, message) {
    if (message === 'sum?') return ctx.reply({ sum: ctx.state.sum, count: ctx.state.count });
    ctx.state.sum += message;
    ctx.state.count++;
  },
});

/** Fails twice, then succeeds. */
export const stubborn = defineFunction({
  type: 'failing/stubborn',
  failure: { attempts: 3, backoff: { initialMs: 20, factor: 2, jitter: 0.2 } },
  state: { tries: value({ initial: 0 }) },
  invoke(ctx, message: string) {
    failures.set(message, (failures.get(message) ?? 0) + 1);
    if ((failures.get(message) ?? 0) < 3) throw new Error(`not yet, ${message}`);
    ctx.reply(failures.get(message));
  },
});
const failures = new Map<string, number>();

/** Parks its addresses. */
export const parking = functionType<Job | 'done?', readonly number[]>('failing/parking');

const parkingFunction = defineFunction({
  type: parking,
  state: { done: value<readonly number[]>({ initial: [] }) },
  failure: { otherwise: 'park', parkedCountMax: 20 },
  invoke(ctx, job) {
    if (job === 'done?') return ctx.reply(ctx.state.done);
    if (job.fail !== undefined && !isHealed) throw new Error(job.fail);
    ctx.state.done = [...ctx.state.done, job.n];
  },
});

/** Takes numbers only, and does nothing with them. */
export const strict = defineFunction({
  type: 'failing/strict',
  messages: countSchema,
  invoke() {
    if (!isHealed) throw new Error('not today');
  },
});

/** Ends the engine when told so. */
export const fuse = defineFunction({
  type: 'failing/fuse',
  failure: { otherwise: 'stop' },
  state: { done: value({ initial: 0 }) },
  invoke(ctx, message: 'blow' | 'done?') {
    if (message === 'done?') return ctx.reply(ctx.state.done);
    if (!isHealed) throw new Error('blown');
    ctx.state.done++;
  },
});

export default defineModule({
  functions: [workFunction, sumFunction, stubborn, parkingFunction, strict, fuse],
  egresses: [alarms],
  onQuarantine: alarms,
});
