/** Calls under which their process ends: who is blamed, who is repeated, and who fails. */
import { expect, test } from 'vitest';
import type { CompanionPlace } from '../../../src/sdk/companion.ts';
import { ProcessCalls } from '../../../src/remote/process-calls.ts';
import { ProcessLines } from '../../../src/remote/process-lines.ts';
import type { ProcessLife } from '../../../src/remote/process-life.ts';
import { fillProcess } from '../../../src/remote/process-options.ts';
import { ProcessSupervisor } from '../../../src/remote/process-supervisor.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';
import { type BatchRequest, NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import { ManualTime } from './manual-time.ts';

const never = new AbortController().signal;
const requestOf = (id: string): BatchRequest => ({ target: { type: 'test/fn', id }, states: [], invocations: [] });

/** A process that ends when it is asked for `poison`; whatever else is under way fails with it. */
function calls(): { readonly calls: ProcessCalls; readonly asked: string[] } {
  const asked: string[] = [];
  const supervisor = { isStopping: false, onEnded: () => {}, nextLife: () => Promise.resolve(begin()) };
  let life: (ProcessLife & { fail: (() => void)[] }) | undefined;
  const begin = (): ProcessLife => {
    if (life !== undefined && !life.isOver) return life;
    const fail: (() => void)[] = [];
    const own = { isOver: false, fail, endpoint: { name: 'x', concurrency: 1, companion: undefined, call } };
    life = own;
    return own;
  };
  const call = async ({ target }: BatchRequest): Promise<typeof NO_EFFECTS> => {
    asked.push(target.id);
    const { promise, resolve, reject } = Promise.withResolvers<typeof NO_EFFECTS>();
    life?.fail.push(() => reject(new Error('gone')));
    const own = life;
    setTimeout(() => {
      if (own === undefined || own.isOver) return;
      if (target.id !== 'poison') return resolve(NO_EFFECTS);
      own.isOver = true;
      supervisor.onEnded();
      for (const each of own.fail) each();
    }, 1);
    return promise;
  };
  return { calls: new ProcessCalls('x', supervisor as unknown as ProcessSupervisor), asked };
}

test('the one that ends its process three times fails, and the others do not', async () => {
  const { calls: all, asked } = calls();
  const ids = ['poison', 'a', 'b', 'c'];
  const ends = await Promise.allSettled(ids.map((id) => all.call(requestOf(id), never)));
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(ends[0]).toMatchObject({ reason: { code: 'REMOTE_CALL_FAILED', details: { attempts: 3 } } });
  expect(asked.filter((id) => id === 'poison')).toHaveLength(3);
  expect(all.underWayCount).toBe(0);
});

test('lines are cut at their breaks, and where they get too long', () => {
  const lines: string[] = [];
  const reader = new ProcessLines((text) => void lines.push(text));
  for (const text of ['a\r\nb', 'c\n\n', 'd'.repeat(70_000), '\n', 'grü']) reader.add(Buffer.from(text));
  reader.end();
  expect(lines).toEqual(['a', 'bc', '', 'd'.repeat(65_536), 'd'.repeat(4_464), 'grü']);
});

/** Processes that take calls and answer none, and end only when they are killed; but the third one works. */
function hangingProcesses() {
  const time = new ManualTime();
  const signals: string[] = [];
  const cuts: (() => void)[] = [];
  const reports: MillraceError[] = [];
  let startCount = 0;
  const launch = () => {
    const number = ++startCount;
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    const signal = (name: string): void => {
      signals.push(`${number} ${name} at ${time.elapsedMs()}`);
      for (const cut of cuts) cut();
      if (name === 'SIGKILL') resolve('signal SIGKILL');
    };
    return { pid: number, socketPath: String(number), ended, signal };
  };
  const endpointAt = (socketPath: string) => {
    let place: CompanionPlace | undefined;
    const stopped: ((error: Error) => void)[] = [];
    const companion = {
      start: (given: CompanionPlace) => void (place = given),
      stop: async () => stopped.forEach((fail) => fail(new Error('stopped'))),
      status: () => [],
    };
    const call = (): Promise<typeof NO_EFFECTS> => {
      if (socketPath === '3') return Promise.resolve(NO_EFFECTS);
      place?.report(new MillraceError('ENDPOINT_UNREACHABLE', 'silence', { details: { reason: 'silence' } }));
      return new Promise((_resolve, reject) => {
        stopped.push(reject);
        cuts.push(() => reject(new Error('cut off')));
      });
    };
    return { name: 'x', concurrency: 1, companion, call };
  };
  const ground = { clock: time, timers: time, random: () => 0, launch, endpointAt, reaches: async () => true };
  const options = fillProcess({ command: ['x'], restart: { initialMs: 100 }, stopTimeout: 5_000 }, 'linux');
  const place = { shard: 0, shardCount: 1, report: (error: MillraceError) => void reports.push(error) };
  const supervisor = new ProcessSupervisor(options, place, ground);
  return { time, signals, reports, supervisor, all: new ProcessCalls('x', supervisor) };
}

test('a process that takes calls and answers none is ended and started again, as one that has ended', async () => {
  const { time, signals, reports, supervisor, all } = hangingProcesses();
  supervisor.start();
  const called = all.call(requestOf('a'), never);
  await time.pass(1_500);
  expect(signals).toEqual(['1 SIGTERM at 1000']);
  await time.pass(20_000);
  expect(await called).toEqual(NO_EFFECTS);
  expect(signals).toEqual(['1 SIGTERM at 1000', '1 SIGKILL at 6000', '2 SIGTERM at 7100', '2 SIGKILL at 12100']);
  const reasons = reports.filter(({ code }) => code === 'PROCESS_FAILED').map(({ details }) => details['reason']);
  const reason = 'it did not answer (silence), and was ended: signal SIGKILL';
  expect(reasons).toEqual([reason, reason]);
  expect(supervisor.status()).toMatchObject({ state: 'running', startCount: 3 });
});
