/** Calls under which their process ends: who is blamed, who is repeated, and who fails. */
import { expect, test } from 'vitest';
import { ProcessCalls } from '../../../src/remote/process-calls.ts';
import { ProcessLines } from '../../../src/remote/process-lines.ts';
import type { ProcessLife, ProcessSupervisor } from '../../../src/remote/process-supervisor.ts';
import { type BatchRequest, NO_EFFECTS } from '../../../src/statefun/protocol.ts';

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
