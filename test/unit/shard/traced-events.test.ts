/**
 * What leaves by an egress, and what tells of failures, belongs to the trace of the message that it comes of.
 */
import { expect, test } from 'vitest';
import { defineFunction, type QuarantineEvent } from '../../../src/index.ts';
import { results, Stage } from './stage.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const TRACE = { traceparent: PARENT, tracestate: 'a=1', causalId: 'order 7' };

test('a record brings the span that made it, and one without a trace brings none', async () => {
  const told = defineFunction({ type: 'test/told', invoke: (ctx) => ctx.egress(results, ctx.trace?.traceparent) });
  const on = new Stage([told]);
  const [ledger] = on.engine.coordinator.ledgers;
  on.send('test/told', 'Kim');
  await on.play();
  expect(ledger.take(10).traces).toBeUndefined();
  on.send('test/told', 'Kim');
  on.engine.coordinator.send(told, 'Kim', 0, { trace: TRACE });
  await on.play();
  const { records, traces } = ledger.take(10);
  expect(traces).toEqual([undefined, { ...TRACE, traceparent: records[1] }]);
  expect(String(records[1]).slice(0, 36)).toBe(PARENT.slice(0, 36));
});

test.each(['dead-letter', 'park'] as const)(
  'what tells of a failure (%s) has the trace of its message',
  async (otherwise) => {
    const failing = defineFunction({
      type: 'test/failing',
      failure: { otherwise },
      invoke: () => {
        throw new Error('no');
      },
    });
    const watcher = defineFunction({
      type: 'test/watcher',
      invoke: (ctx, event: QuarantineEvent) =>
        ctx.egress(results, [event.address.id, ctx.trace?.parent, ctx.trace?.causalId]),
    });
    const on = new Stage([failing, watcher], { onQuarantine: [watcher, results] });
    on.engine.coordinator.send(failing, 'Kim', 0, { trace: TRACE });
    await on.play();
    const { records, traces } = on.engine.coordinator.ledgers[0].take(10);
    expect(records).toContainEqual(['Kim', PARENT, 'order 7']);
    expect(records).toHaveLength(2);
    expect(traces).toContainEqual(TRACE);
    on.send('test/failing', 'Lee');
    await on.play();
    const untraced = on.engine.coordinator.ledgers[0].take(10);
    expect(untraced.records).toContainEqual(['Lee', undefined, undefined]);
    expect(untraced.traces).toBeUndefined();
  },
);
