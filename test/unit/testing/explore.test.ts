/**
 * What `explore` promises its users: it finds what is wrong with their functions, says where, and lets them have the same
 * run again; and what is right passes, under crashes, with every message, record and egress record taking effect once.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type Context,
  defineEgress,
  defineFunction,
  defineIngress,
  defineModule,
  defineRouter,
  functionType,
  type Module,
  value,
} from '../../../src/index.ts';
import { type Cut, ExplorationFailure, explore, type Scenario, type World } from '../../../src/testing/index.ts';

afterEach(() => vi.unstubAllEnvs());

const results = defineEgress<string>({ type: 'test/results' });
const counterState = { total: value({ initial: 0 }) };
const counter = defineFunction({
  type: 'test/counter',
  state: counterState,
  invoke(ctx: Context<typeof counterState, number>, message: number | 'total?' | 'nothing') {
    if (message === 'nothing') return;
    if (message === 'total?') return ctx.reply(ctx.state.total);
    if (message < 0) throw new Error('below zero');
    ctx.state.total += message;
    ctx.egress(results, `${ctx.self.id} ${ctx.state.total}`);
  },
});
const input = defineIngress<string>({ type: 'test/input' });
const byName = defineRouter({ ingress: input, route: (name, send) => send(counter, name, 1) });
const module = defineModule({
  functions: [counter],
  ingresses: [input],
  routers: [byName],
  egresses: [results],
});

async function failureOf(scenario: Scenario, seeds = 50): Promise<ExplorationFailure> {
  const failure = await explore(scenario, { seeds }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof ExplorationFailure) return failure;
  throw new Error(`nothing was found in ${seeds} seeds`, { cause: failure });
}

describe('what is right', () => {
  test('dead letters are seen in every cut, once each, and clocks that jump disturb nothing', async () => {
    const reminder = defineFunction({
      type: 'test/reminder',
      state: { due: value({ initial: 0 }) },
      invoke(ctx, message: 'remind' | 'now') {
        if (message === 'remind') {
          ctx.sendAfter('1 hour', 'test/reminder', ctx.self.id, 'now');
          ctx.state.due = ctx.now() + 3_600_000;
        } else ctx.send(counter, ctx.self.id, ctx.now() < ctx.state.due ? -99 : 1);
      },
    });
    let letterCount = 0;
    let leftCount = 0;
    await explore(
      {
        module: defineModule({ functions: [counter, reminder], egresses: [results] }),
        failures: 'allow',
        async run(t) {
          await t.send(reminder, 'Kim', 'remind');
          await Promise.all([-1, 2, -3].map((amount) => t.send(counter, 'Kim', amount)));
          t.jump(-600_000);
          await t.advance('1 hour');
          leftCount += (await t.settle()).delayedTo(reminder).length;
          t.jump(600_000);
          await t.advance(0);
        },
        invariant(cut) {
          const failed = cut.deadLetters().map(({ message }) => message);
          expect(failed.length).toBe(new Set(failed).size);
          letterCount = Math.max(letterCount, failed.length);
        },
        outcome(cut) {
          const letters = cut
            .deadLetters()
            .map(({ target, message, error }) => `${target.id} ${String(message)}: ${error.message}`);
          expect(new Set(letters)).toEqual(new Set(['Kim -1: below zero', 'Kim -3: below zero']));
          expect(cut.state(counter, 'Kim').total).toBe(3);
        },
      },
      { seeds: 60 },
    );
    expect(letterCount).toBe(2);
    // By the clock there are ten minutes to go, unless back-pressure has let time pass.
    expect(leftCount).toBeGreaterThan(30);
  });

  test('takes effect once, whatever crashes', async () => {
    const report = await explore(
      {
        module,
        async run(t) {
          await t.send(counter, 'Kim', 1);
          await Promise.all([1, 2, 3].map((amount) => t.send(counter, 'Kim', amount)));
          t.feed(input, 'Lou', 'Kim', 'Lou');
          const cut = await t.settle();
          expect([cut.state(counter, 'Kim').total, cut.state(counter, 'Lou').total]).toEqual([8, 2]);
          t.feed('test/input', 'Lou');
          expect(await t.ask(counter, 'Kim', 'total?')).toBe(8);
        },
        invariant(cut) {
          const counted = [...cut.states(counter).values()].reduce((sum, { total }) => sum + total, 0);
          const last = (id: string) => cut.egress(results).findLast((text) => text.startsWith(id)) ?? `${id} 0`;
          expect(Number(last('Kim').slice(4)) + Number(last('Lou').slice(4))).toBe(counted);
          for (const { id } of cut.messagesTo(counter)) expect(['Kim', 'Lou']).toContain(id);
        },
        outcome(cut) {
          expect(cut.egress('test/results')).toHaveLength(8);
          expect(cut.state({ type: 'test/counter', id: 'Lou' })).toEqual({ total: 3 });
          expect(cut.state(counter, 'nobody')).toEqual({ total: 0 });
        },
      },
      { seeds: 60 },
    );
    expect(report.seeds).toBe(60);
    expect(report.deaths).toBeGreaterThan(60);
    expect(report.recoveries).toBeGreaterThan(10);
    expect(report.cuts).toBeGreaterThan(report.commits);
    expect(report.invocations).toBeGreaterThan(60 * 8);
  });

  test('may fail where that is allowed, and time may pass', async () => {
    const report = await explore(
      {
        module,
        failures: 'allow',
        async run(t) {
          const before = t.now();
          void t.send(counter, 'Kim', -1);
          await t.advance('30 days');
          expect(t.now()).toBeGreaterThanOrEqual(before + 30 * 86_400_000);
          await expect(t.ask(counter, 'Kim', -1)).rejects.toMatchObject({ code: 'INVOCATION_FAILED' });
          await expect(t.send('test/nobody', 'Kim', 1)).rejects.toMatchObject({ code: 'UNKNOWN_FUNCTION' });
          await expect(t.ask('test/nobody', 'Kim', 1)).rejects.toMatchObject({ code: 'UNKNOWN_FUNCTION' });
        },
        outcome: (cut) => expect(cut.states(counter).size).toBe(0),
      },
      { seeds: 20, crashes: false, faults: false },
    );
    expect([report.deaths, report.recoveries]).toEqual([0, 0]);
  });
});

test('messages are tried again, hours later, too', async () => {
  const trying = (world: World): Module => {
    const shaky = defineFunction({
      type: 'test/shaky',
      state: { done: value({ initial: 0 }) },
      failure: { attempts: 20, backoff: { initialMs: 600_000, maxMs: 7_200_000 } },
      invoke(ctx) {
        if (world.random() < 0.5) throw new Error('not yet');
        ctx.state.done++;
      },
    });
    return defineModule({ functions: [shaky] });
  };
  await explore(
    {
      module: trying,
      run: (t) => t.send('test/shaky', 'Kim', 0),
      outcome: (cut) => expect(cut.state({ type: 'test/shaky', id: 'Kim' })).toEqual({ done: 1 }),
    },
    { seeds: 40 },
  );
});

describe('what is wrong', () => {
  /** Whoever wants to withdraw asks first whether there is enough, and others may have asked as well. */
  const account = functionType<{ readonly do: 'look' | 'take' | 'withdraw' }, number>('test/account');
  const shopper = functionType<'buy' | number>('test/shopper');
  const accountFunction = defineFunction({
    type: account,
    state: { balance: value({ initial: 10 }) },
    invoke(ctx, message) {
      if (message.do === 'look') ctx.reply(ctx.state.balance);
      else ctx.state.balance -= 10;
    },
  });
  const shopperFunction = defineFunction({
    type: shopper,
    invoke(ctx, message) {
      if (message === 'buy') ctx.send(account, 'joint', { do: 'look' });
      else if (message >= 10) ctx.send(account, 'joint', { do: 'take' });
    },
  });
  const overdraft: Scenario = {
    module: defineModule({ functions: [accountFunction, shopperFunction] }),
    async run(t) {
      await Promise.all(['Kim', 'Lou'].map((id) => t.send(shopper, id, 'buy')));
    },
    invariant(cut: Cut) {
      const { balance } = cut.state(accountFunction, 'joint');
      if (balance < 0) throw new Error(`joint has ${balance}`);
    },
  };

  test('a race between two entities is found, told, and found again by its seed', async () => {
    const failure = await failureOf(overdraft);
    expect(failure.message).toContain(`seed ${failure.seed} failed: joint has -10`);
    expect(failure.message).toContain(`explore(scenario, { seed: ${failure.seed} })`);
    expect(failure.message).toContain(`MILLRACE_SEED=${failure.seed}`);
    const story = failure.trace.join('\n');
    expect(story).toMatch(/shard \d {2}test\/account "joint" got \{ do: 'look' \} from test\/shopper "Kim"/);
    expect(story).toMatch(/→ test\/account "joint": \{ do: 'take' \}/);
    expect(story).toMatch(/-- epoch \d+ is committed --/);
    const again = await explore(overdraft, { seed: failure.seed }).catch((error: unknown) => error);
    expect((again as ExplorationFailure).trace).toEqual(failure.trace);
    vi.stubEnv('MILLRACE_SEED', String(failure.seed));
    const alone = await explore(overdraft, { seeds: 3, firstSeed: 1_000 }).catch((error: unknown) => error);
    expect((alone as ExplorationFailure).seed).toBe(failure.seed);
  });

  test('state in a variable does not survive a crash', async () => {
    const forgetful = (): Module => {
      const seen = new Set<string>();
      const once = defineFunction({
        type: 'test/once',
        state: { count: value({ initial: 0 }) },
        invoke(ctx, order: string) {
          if (seen.has(order)) return;
          seen.add(order);
          ctx.state.count++;
        },
      });
      return defineModule({ functions: [once] });
    };
    const scenario: Scenario = {
      module: forgetful,
      async run(t) {
        for (let count = 0; count < 4; count++) await t.send('test/once', 'Kim', 'order-1');
      },
      outcome: (cut) => expect(cut.state({ type: 'test/once', id: 'Kim' })).toEqual({ count: 1 }),
    };
    const failure = await failureOf(scenario);
    expect(failure.trace.join('\n')).toMatch(/-- the (?:process is killed|power fails|shards fail.*) --/);
    await expect(explore(scenario, { seeds: 20, crashes: false, faults: false })).resolves.toMatchObject({ seeds: 20 });
  });

  test('what a service does twice shows', async () => {
    let charged = 0;
    const charging = (world: World): Module => {
      const charge = defineFunction({
        type: 'test/charge',
        state: { done: value({ initial: 0 }) },
        async invoke(ctx) {
          charged++;
          await world.pause();
          ctx.state.done++;
        },
      });
      return defineModule({ functions: [charge] });
    };
    const failure = await failureOf({
      module: charging,
      async run(t) {
        charged = 0;
        await t.send('test/charge', 'Kim', 10);
      },
      outcome: (cut) => expect(charged).toBe(cut.state({ type: 'test/charge', id: 'Kim' })['done']),
    });
    expect(failure.cause).toHaveProperty('message', expect.stringMatching(/expected \d to be 1/));
    const begun = failure.trace.filter((line) => line.includes('test/charge "Kim" got 10 from outside'));
    expect(begun.length).toBeGreaterThan(1);
  });

  test('an invocation that throws, and a run that throws', async () => {
    const throwing = await failureOf({ module, run: (t) => t.send(counter, 'Kim', -1) });
    expect(throwing.message).toContain('below zero');
    expect(throwing.trace.join('\n')).toContain('threw Error: below zero');
    const failing = await failureOf({
      module,
      async run(t) {
        await t.send(counter, 'Kim', 1);
        throw new Error('the test itself');
      },
    });
    expect(failing.message).toContain('the test itself');
  });

  test('whoever waits for ever is named', async () => {
    const unanswered = await failureOf({ module, run: async (t) => void (await t.ask(counter, 'Kim', 'nothing')) }, 3);
    expect(unanswered.message).toContain('run() waits for an answer to its question to test/counter "Kim"');
    const elsewhere = await failureOf({ module, run: () => new Promise(() => {}) }, 3);
    expect(elsewhere.message).toContain('run() awaits something of its own');
  });

  test('what the seed does not decide is said to be so', async () => {
    let runCount = 0;
    const failure = await failureOf({
      module,
      async run(t) {
        if (++runCount === 3) throw new Error('by chance');
        await t.send(counter, 'Kim', 1);
      },
    });
    expect(failure.message).toContain('did not fail in the same way');
  });
});

test('a long trace shows its end, and before it what has to do with the error', async () => {
  const failure = await explore(
    {
      module,
      async run(t) {
        await t.send(counter, 'culprit', 1);
        for (let count = 0; count < 20; count++) await t.send(counter, 'Kim', 1);
      },
      outcome: () => {
        throw new Error('it was culprit, of course');
      },
    },
    { seed: 3, traceEvents: 5 },
  ).catch((error: unknown) => error as ExplorationFailure);
  const { trace } = failure as ExplorationFailure;
  expect(trace[0]).toContain('test/counter "culprit" got 1 from outside');
  expect(trace.join('\n')).toMatch(/… \d+ earlier events are left out/);
  expect(trace.length).toBeLessThan(20);
});
