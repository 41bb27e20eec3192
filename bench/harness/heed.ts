/**
 * Which flags a benchmark heeds: it is handed options that note what of them was read. So nobody keeps a list that could
 * go stale, and who has given a flag that changes nothing is told so. Options must be read one by one: a copy of all of
 * them would look as if all had been read, and is refused.
 */
import type { Options } from './options.ts';

/** Flags that say how large the work is; not all of them mean something to each benchmark. */
export type SizeFlag = 'shards' | 'entities' | 'inflight' | 'bytes' | 'interval';

/** Options → the flags they come from. */
const FLAGS: ReadonlyMap<string | symbol, SizeFlag> = new Map([
  ['shards', 'shards'],
  ['entities', 'entities'],
  ['entitiesGiven', 'entities'],
  ['inflight', 'inflight'],
  ['bytes', 'bytes'],
  ['intervalMs', 'interval'],
] satisfies [keyof Options, SizeFlag][]);

/** What a result was measured with. What has no effect on it is left out; entities are as many as there were. */
export interface Settings extends Pick<Options, 'seconds' | 'rounds'> {
  readonly shards?: number;
  readonly entities?: number;
  readonly inflight?: number;
  readonly bytes?: number;
  readonly intervalMs?: number;
}

export class Heed {
  /** For the benchmark. */
  readonly options: Options;
  readonly #given: Options;
  readonly #heeded = new Set<SizeFlag>();
  #entities: number;

  constructor(given: Options) {
    this.#given = given;
    this.#entities = given.entities;
    const noteEntities = (count: number): void => {
      this.#entities = count;
    };
    this.options = new Proxy<Options>(
      { ...given, noteEntities },
      {
        get: (all, name, receiver): unknown => {
          const flag = FLAGS.get(name);
          if (flag !== undefined) this.#heeded.add(flag);
          return Reflect.get(all, name, receiver);
        },
        ownKeys() {
          throw new Error('Options are read one by one, so that it is known which of them have an effect.');
        },
      },
    );
  }

  /** Once the benchmark has run: those of these flags that it did not heed. */
  unheeded(flags: readonly SizeFlag[]): SizeFlag[] {
    return flags.filter((flag) => !this.#heeded.has(flag));
  }

  /** Once the benchmark has run. */
  get settings(): Settings {
    const { seconds, rounds, shards, inflight, bytes, intervalMs } = this.#given;
    const ifHeeded = <Value>(flag: SizeFlag, setting: Value | undefined): Value | undefined =>
      this.#heeded.has(flag) ? setting : undefined;
    const all = {
      shards: ifHeeded('shards', shards),
      entities: ifHeeded('entities', this.#entities),
      inflight: ifHeeded('inflight', inflight),
      bytes: ifHeeded('bytes', bytes),
      intervalMs: ifHeeded('interval', intervalMs),
    };
    const known = Object.entries(all).filter(([, value]) => value !== undefined);
    return { seconds, rounds, ...Object.fromEntries(known) };
  }
}
