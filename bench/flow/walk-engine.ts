/**
 * Walks on the real engine, with a data directory: load, walk, count.
 */
import type { Engine } from '../../src/index.ts';
import { startBareEngine, takeSum } from './engine-flow.ts';
import { makeBody } from './message-body.ts';
import { CENSUS, ECHO, entityOfDraw, firstDraw, sampleStride, STEP, type Walk, walkId, type Walks } from './walk.ts';

const ENTITY = 'bench/entity';
const ACCEPTED = { until: 'accepted' } as const;
const PROCESSED = { until: 'processed', timeoutMs: 600_000 } as const;
/** Entities that are loaded at the same time. */
const LOADER_COUNT = 2_000;

export interface WalkOptions {
  readonly directory: string;
  readonly shards: number;
  readonly entities: number;
  /** The engine's own default when absent. */
  readonly memoryBytes?: number;
  readonly intervalMs?: number;
  /** Of the body of a walk's messages; none when absent. */
  readonly bytes?: number;
  /** Whether entities keep the body, too. */
  readonly isBodyKept?: boolean;
}

export class WalkEngine {
  readonly #engine: Engine;
  readonly #entities: number;
  readonly #bytes: number | undefined;
  #walking: Promise<void> = Promise.resolve();
  #isWalking = false;

  private constructor(engine: Engine, { entities, bytes }: WalkOptions) {
    this.#engine = engine;
    this.#entities = entities;
    this.#bytes = bytes;
  }

  static async open(options: WalkOptions): Promise<WalkEngine> {
    const { directory, shards, entities, memoryBytes, intervalMs, bytes } = options;
    const name = options.isBodyKept === true ? 'kept-walk-module' : 'walk-module';
    const module = new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
    module.searchParams.set('entities', String(entities));
    if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
    const engine = await startBareEngine(module, shards, {
      directory,
      ...(memoryBytes === undefined ? {} : { memory: memoryBytes }),
      ...(intervalMs === undefined ? {} : { minIntervalMs: intervalMs, maxIntervalMs: intervalMs }),
    });
    return new WalkEngine(engine, options);
  }

  /** What one entity holds. */
  async echo(number: number): Promise<number> {
    return (await this.#engine.ask(ENTITY, walkId(number), { x: 0, left: 0, kind: ECHO }, PROCESSED)) as number;
  }

  /** Gives all entities from `from` to before `end` their first number. */
  async load(from: number, end: number): Promise<void> {
    const last = Math.min(from + LOADER_COUNT, end);
    for (let number = from; number < last; number++) {
      await this.#send(number, { x: number, left: end, kind: LOADER_COUNT });
    }
    await this.#engine.drained();
  }

  /** Resolves when all walks are committed to have begun. */
  async begin(walks: Walks): Promise<void> {
    const body = this.#bytes === undefined ? {} : { body: makeBody(this.#bytes) };
    for (let walk = 0; walk < walks.count; walk++) {
      const x = firstDraw(walks, walk);
      await this.#send(entityOfDraw(x, this.#entities), { x, left: walks.rounds, kind: STEP, ...body });
    }
    await this.#engine.checkpoint();
    this.#isWalking = true;
    this.#walking = this.#engine.drained().then(() => {
      this.#isWalking = false;
    });
    // Whoever waits for it comes later.
    this.#walking.catch(() => {});
  }

  get isWalking(): boolean {
    return this.#isWalking;
  }

  /** Seconds until all walks have come to their end, and are committed. */
  async walk(walks: Walks): Promise<number> {
    const startedMs = performance.now();
    await this.begin(walks);
    await this.#walking;
    return (performance.now() - startedMs) / 1000;
  }

  drained(): Promise<void> {
    return this.#engine.drained();
  }

  /** The sum of the sample. */
  census(): Promise<number> {
    return takeSum(this.#engine, this.#sample(), { x: 0, left: 0, kind: CENSUS } satisfies Walk);
  }

  *#sample(): Generator<string> {
    const stride = sampleStride(this.#entities);
    for (let number = 0; number < this.#entities; number += stride) yield walkId(number);
  }

  #send(number: number, walk: Walk): Promise<void> {
    return this.#engine.send(ENTITY, walkId(number), walk, ACCEPTED);
  }

  close(): Promise<void> {
    return this.#engine.stop();
  }
}
