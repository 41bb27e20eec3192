/**
 * An engine in a process of its own, to be killed by the test that started it. Its arguments are a scenario, an entry
 * point and a folder; it says over IPC what has happened.
 */
import { join } from 'node:path';
import { startEngine as startNativeFree } from '../../native-free/index.ts';
import {
  defineEgress,
  defineIngress,
  defineRouter,
  type Engine,
  type EngineOptions,
  ndjsonSink,
  ndjsonSource,
  startEngine,
} from '../../src/index.ts';
import { CIRCLE_HOP_COUNT, counter, slow, token } from './durability-module.ts';

const [, , scenario = '', entry = '', folder = ''] = process.argv;

function say(what: unknown): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(what, () => resolve());
  });
}

async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const start = entry === 'millrace' ? startEngine : startNativeFree;
  const module = new URL('./durability-module.ts', import.meta.url);
  return await start({ module, directory: join(folder, 'data'), shardCount: 2, ...options });
}

const input = defineIngress<{ readonly id: string; readonly add: number }>({
  type: 'durable/input',
  source: ndjsonSource({ path: join(folder, 'input.ndjson') }),
});

const SCENARIOS: Readonly<Record<string, () => Promise<void>>> = {
  /** Sends one after the other, and says how many were committed. */
  async send() {
    const engine = await open();
    for (let count = 1; ; count++) {
      await engine.send(counter, 'Kim', { add: 1 });
      await say(count);
    }
  },
  /** Is busy for ever with a message that is committed, with others waiting behind it. */
  async busy() {
    const engine = await open();
    for (const keep of [1, 2, 3]) await engine.send(slow, 'Kim', { keep, ms: 1 });
    await say('busy');
  },
  /** Sends a token round for long, and says when that is committed. */
  async circle() {
    const engine = await open();
    await engine.send(token, '0', { hopCount: CIRCLE_HOP_COUNT, circle: 5 });
    await say('under way');
  },
  /** From a file to a file. */
  async pipe() {
    const engine = await open({
      ingresses: [input],
      routers: [defineRouter({ ingress: input, route: ({ id, add }, send) => send(counter, id, { add }) })],
      egresses: [defineEgress({ type: 'durable/lines', sink: ndjsonSink({ path: join(folder, 'output.ndjson') }) })],
    });
    await say('open');
    await engine.drained();
    await engine.stop();
    process.disconnect?.();
  },
  async hold() {
    await open();
    await say('open');
  },
};

await SCENARIOS[scenario]?.();
