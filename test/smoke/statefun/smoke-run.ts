/**
 * StateFun's smoke test, with the official JavaScript SDK behind our engine, and with much more going wrong than in the
 * original: `kill -9` of the engine and of the function process at random times, and a bad network between them.
 *
 * Whoever counts more than the oracle fails at once. It ends when every instance has been seen with what the oracle says,
 * and then nothing else may be left: no message, no timer, and exactly the egress records that there have to be.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Prng } from '../../../src/base/prng.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import type { RunningProgram } from '../../interop/running-program.ts';
import { javascript, type SdkProgram } from '../../interop/sdk-programs.ts';
import { oracleOf, type SourceOptions } from './command-source.ts';
import { COMMAND_OPTIONS, type Oracle } from './commands.ts';
import type { EngineNotice, EngineProcessOptions, Verification } from './engine-process.ts';
import { type FaultRates, FaultyProxy } from './faulty-proxy.ts';
import { ENDPOINT_VARIABLE } from './smoke-module.ts';

export interface SmokeOptions {
  readonly seed: number;
  readonly messageCount: number;
  readonly functionCount: number;
  readonly depth: number;
  readonly shardCount: number;
  readonly engineKills: number;
  readonly functionKills: number;
  /** The longest time that an engine lives; the shortest is a quarter of it. */
  readonly lifeMs: number;
  readonly faults: FaultRates;
  readonly timeoutMs: number;
  /** What runs the functions; default the one with the JavaScript SDK. It has to be built already. */
  readonly program?: SdkProgram;
  readonly onProgress?: (line: string) => void;
  /** Resolves when it is to end early, and be cleared away. */
  readonly interrupted?: Promise<void>;
}

export interface SmokeReport {
  readonly seconds: number;
  readonly messageCount: number;
  readonly requestCount: number;
  readonly faultCounts: Readonly<Record<string, number>>;
  readonly engineKills: number;
  readonly functionKills: number;
  readonly verificationCount: number;
  /** What is not as it has to be; empty if all is well. */
  readonly differences: readonly string[];
}

const ENGINE = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

export async function runStatefunSmoke(options: SmokeOptions): Promise<SmokeReport> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-statefun-smoke-'));
  const prng = new Prng(options.seed);
  const proxy = new FaultyProxy(new Prng(options.seed + 1), options.faults);
  const run = new SmokeRun(options, folder, proxy, prng);
  try {
    return await run.run();
  } finally {
    await run.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

class SmokeRun {
  readonly #options: SmokeOptions;
  readonly #folder: string;
  readonly #proxy: FaultyProxy;
  readonly #prng: Prng;
  readonly #source: SourceOptions;
  readonly #oracle: Oracle;
  readonly #verified = new Set<number>();
  readonly #differences: string[] = [];
  #endpoint = '';
  #functions: RunningProgram | undefined;
  #engine: ChildProcess | undefined;
  #stopped: Extract<EngineNotice, { kind: 'stopped' }> | undefined;
  #verificationCount = 0;
  #engineKills = 0;
  #functionKills = 0;

  constructor(options: SmokeOptions, folder: string, proxy: FaultyProxy, prng: Prng) {
    this.#options = options;
    this.#folder = folder;
    this.#proxy = proxy;
    this.#prng = prng;
    const { seed, messageCount, functionCount, depth } = options;
    const commands = { ...COMMAND_OPTIONS, numberOfFunctionInstances: functionCount, commandDepth: depth };
    this.#source = { commands, seed, messageCount, roundMs: 500 };
    this.#oracle = oracleOf(this.#source);
  }

  async run(): Promise<SmokeReport> {
    const startedAt = performance.now();
    this.#endpoint = await this.#proxy.listen();
    await this.#startFunctions();
    await this.#startEngine();
    const killers = Promise.all([this.#killEngines(), this.#killFunctions()]);
    await Promise.race([killers.then(() => this.#untilVerified()), this.#tooLate(), ...this.#interrupted()]);
    // From here on nobody starts a process that nobody ends.
    await killers;
    if (this.#differences.length === 0) await this.#finish();
    return {
      seconds: (performance.now() - startedAt) / 1000,
      messageCount: this.#oracle.messageCount,
      requestCount: this.#proxy.requestCount,
      faultCounts: Object.fromEntries(this.#proxy.faultCounts),
      engineKills: this.#engineKills,
      functionKills: this.#functionKills,
      verificationCount: this.#verificationCount,
      differences: this.#differences,
    };
  }

  #interrupted(): Promise<void>[] {
    const { interrupted } = this.#options;
    return interrupted === undefined ? [] : [interrupted.then(() => void this.#differences.push('interrupted'))];
  }

  async end(): Promise<void> {
    await this.#killEngine();
    await this.#functions?.kill();
    await this.#proxy.close();
  }

  async #untilVerified(): Promise<void> {
    while (!this.#isOver()) {
      if (this.#engine?.exitCode != null) this.#differences.push('the engine has ended by itself');
      await sleep(20);
    }
  }

  #isOver(): boolean {
    return this.#differences.length > 0 || this.#verified.size === this.#options.functionCount;
  }

  async #tooLate(): Promise<void> {
    const { timeoutMs, functionCount } = this.#options;
    for (const startedAt = performance.now(); performance.now() - startedAt < timeoutMs; ) {
      if (this.#isOver()) return;
      await sleep(100);
    }
    const missing = functionCount - this.#verified.size;
    this.#differences.push(`${missing} instances have not come to their count within ${timeoutMs / 1000} s`);
  }

  async #killEngines(): Promise<void> {
    for (; this.#engineKills < this.#options.engineKills && !this.#isOver(); ) {
      await this.#pause();
      if (this.#isOver()) return;
      await this.#killEngine();
      this.#engineKills++;
      this.#tell('engine killed');
      if (this.#differences.length > 0) return;
      await this.#startEngine();
    }
  }

  async #killFunctions(): Promise<void> {
    for (; this.#functionKills < this.#options.functionKills && !this.#isOver(); ) {
      await this.#pause();
      if (this.#isOver()) return;
      await this.#functions?.kill();
      this.#functionKills++;
      this.#tell('functions killed');
      await sleep(this.#prng.below(200));
      if (this.#differences.length > 0) return;
      await this.#startFunctions();
    }
  }

  /** As long as an engine or a function process lives; shorter if all is over. */
  async #pause(): Promise<void> {
    const { lifeMs } = this.#options;
    const endsAt = performance.now() + lifeMs / 4 + this.#prng.below((3 * lifeMs) / 4);
    while (performance.now() < endsAt && !this.#isOver()) await sleep(Math.min(50, endsAt - performance.now()));
  }

  async #startFunctions(): Promise<void> {
    this.#functions = await (this.#options.program ?? javascript).start();
    this.#proxy.target = this.#functions.port;
  }

  async #startEngine(): Promise<void> {
    const { shardCount } = this.#options;
    const given: EngineProcessOptions = { folder: this.#folder, shardCount, source: this.#source };
    const env = { ...process.env, [ENDPOINT_VARIABLE]: this.#endpoint };
    const engine = fork(ENGINE, [JSON.stringify(given)], { env });
    this.#engine = engine;
    engine.on('message', (notice: EngineNotice) => this.#hear(notice));
    await Promise.race([this.#untilStarted(engine), once(engine, 'exit')]);
  }

  #untilStarted(engine: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      engine.on('message', ({ kind }: EngineNotice) => {
        if (kind === 'started') resolve();
      });
    });
  }

  async #killEngine(): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined || engine.exitCode !== null || engine.signalCode !== null) return;
    engine.kill('SIGKILL');
    await once(engine, 'exit');
  }

  #hear(notice: EngineNotice): void {
    if (notice.kind === 'verified') for (const result of notice.results) this.#verify(result);
    else if (notice.kind === 'stopped') this.#stopped = notice;
    // Out of reach is what the function process is while it is dead.
    else if (notice.kind === 'error' && notice.code !== 'ENDPOINT_UNREACHABLE') {
      this.#differences.push(`${notice.code}: ${notice.message}`);
    }
  }

  #verify({ id, expected, actual }: Verification): void {
    this.#verificationCount++;
    const { counts } = this.#oracle;
    if (expected !== counts[id]) this.#differences.push(`${id} was asked for ${expected} instead of ${counts[id]}`);
    if (actual > expected) this.#differences.push(`${id} has counted ${actual}, and there are only ${expected}`);
    if (actual === expected) this.#verified.add(id);
  }

  async #finish(): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    engine.send('stop');
    await Promise.race([once(engine, 'exit'), sleep(60_000, undefined, { ref: false })]);
    const { counts, delayers, egressCount } = this.#oracle;
    // One row says for each key group that it has had timers; what is pending would take more.
    const timed = new Set([...delayers].map((id) => keyGroupOfHash(hashId(String(id))))).size;
    const recordCount = readFileSync(join(this.#folder, 'discarded.ndjson'), 'utf8').split('\n').length - 1;
    this.#compare('egress records', recordCount, egressCount);
    const entityCount = counts.filter((count) => count > 0).length;
    this.#compare('entities and timers', this.#stopped?.storedCount, entityCount + timed);
    this.#compare('messages in flight', this.#stopped?.messageCount, 0);
  }

  #compare(what: string, actual: unknown, expected: unknown): void {
    if (actual !== expected) this.#differences.push(`${what}: ${String(actual)} instead of ${String(expected)}`);
  }

  #tell(what: string): void {
    const { functionCount, onProgress } = this.#options;
    onProgress?.(`${what}; ${this.#verified.size} of ${functionCount} instances have come to their count`);
  }
}
