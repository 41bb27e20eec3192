/**
 * From a source that can be read again, through two functions, into a file with positions and to a consumer without
 * them. Each record has a key, and a key's records must come out in the order in which they went in, each exactly once,
 * however often anything was read, carried out or written again.
 */
import {
  type Context,
  defineEgress,
  defineFunction,
  defineIngress,
  defineModule,
  defineRouter,
  type IngressSource,
  type Module,
  value,
  type ValueSpec,
} from '../../src/index.ts';
import { callbackSink } from '../../src/io/egress-pump.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import type { SimulatedFileSystem } from '../../src/testing/simulated-file-system.ts';
import { check } from '../../src/testing/violation.ts';
import { NumberedConsumer } from '../../src/testing/numbered-consumer.ts';
import { outputFileSink, readOutput } from './output-file.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';

/** Some sources give so much at once that input is held back, and checkpoints are made, in the middle of a batch. */
const WIDE_CHANCE = 0.15;
const WIDE_BATCH = 150;
const WIDE_COUNT = 180;
/** So much that an epoch's records are written in several frames. */
const BALLAST_LENGTH = 6_000;

const SOURCE = 'pipeline/source';
const FIRST = 'pipeline/first';
const SECOND = 'pipeline/second';
const FILE = 'pipeline/file';
const SEEN = 'pipeline/seen';

type CountState = { readonly count: ValueSpec<number> };

interface Input {
  readonly number: number;
  readonly key: string;
  readonly ballast: string;
}

interface Counted extends Input {
  readonly count: number;
}

export class Pipeline implements Workload {
  readonly #outside: Outside;
  readonly #inputs: readonly Input[];
  readonly #consumer: NumberedConsumer<Counted>;
  readonly #batchMax: number;
  #readCount = 0;
  #violation: string | undefined;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const keyCount = prng.pick([1, 3, 10]);
    const isWide = prng.chance(WIDE_CHANCE) && setting.creditCount > 1;
    this.#batchMax = isWide ? WIDE_BATCH : 8;
    this.#outside = outside;
    this.#consumer = new NumberedConsumer(outside);
    const isHeavy = isWide && setting.ringCapacityBytes >= 4096 && setting.batchCount >= 16;
    const ballast = 'x'.repeat(isHeavy ? BALLAST_LENGTH : 0);
    this.#inputs = Array.from({ length: isWide ? WIDE_COUNT : setting.size * 3 }, (_, number) => {
      return { number, key: `k${prng.below(keyCount)}`, ballast };
    });
    outside.fileSystem.writeFile('/out/keep', new Uint8Array(0));
  }

  newModule(): Module {
    const first = defineFunction({
      type: FIRST,
      state: { count: value({ initial: 0 }) },
      invoke: (ctx: Context<CountState>, input: Input) => {
        ctx.state.count++;
        ctx.send(SECOND, `${input.key}-second`, { ...input, count: ctx.state.count });
      },
    });
    const second = defineFunction({
      type: SECOND,
      state: { count: value({ initial: 0 }) },
      invoke: async (ctx: Context<CountState>, counted: Counted) => {
        if (counted.number % 4 === 0) await this.#outside.clock.sleep(counted.number % 7);
        ctx.state.count++;
        if (ctx.state.count !== counted.count) {
          this.#violation ??= `record ${counted.number}, number ${counted.count} of its key, came as number ${ctx.state.count} (I4)`;
        }
        ctx.egress(FILE, counted);
        ctx.egress(SEEN, counted);
      },
    });
    return defineModule({
      functions: [first, second],
      ingresses: [defineIngress<Input>({ type: SOURCE, source: this.#source() })],
      routers: [defineRouter<Input>({ ingress: SOURCE, route: (input, send) => send(FIRST, input.key, input) })],
      egresses: [defineEgress({ type: FILE, sink: outputFileSink(this.#outside) }), defineEgress({ type: SEEN })],
    });
  }

  #source(): IngressSource<Input> {
    const { prng, clock } = this.#outside;
    const inputs = this.#inputs;
    const batchMax = this.#batchMax;
    const read = (count: number): void => void (this.#readCount = Math.max(this.#readCount, count));
    return {
      replayable: true,
      async *read(from) {
        read(Number(from ?? 0));
        for (let at = Number(from ?? 0); at < inputs.length; ) {
          await clock.sleep(prng.below(6));
          const end = Math.min(inputs.length, at + 1 + prng.below(batchMax));
          yield { records: inputs.slice(at, end), position: end };
          read(end);
          at = end;
        }
      },
    };
  }

  started(process: DurableProcess): void {
    const number = process.engine?.coordinator.directory.egressNumber(SEEN) ?? 0;
    process.edges?.attach(
      number,
      callbackSink((item: never, sequence) => this.#consumer.take(item, sequence)),
    );
    this.#readCount = 0;
  }

  died(): void {}

  step(): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    return false;
  }

  isDone(): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    return this.#readCount === this.#inputs.length;
  }

  invocationFailed(error: MillraceError): void {
    check(false, () => `no invocation of a pipeline fails: ${error.stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set();
  }

  checkCut({ entry, entities, messages }: CommittedCut, _known: ReadonlySet<string>, disk: SimulatedFileSystem): void {
    const epoch = entry?.epoch ?? 0;
    const { source, skip } = entry?.ingresses[SOURCE] ?? { source: undefined, skip: 0 };
    const routed = Number(source ?? 0) + skip;
    const counted = (type: string): number =>
      [...entities].reduce((sum, [name, { count }]) => sum + (name.startsWith(`${type} `) ? Number(count) : 0), 0);
    const inFlight = (type: string): number => messages.filter((message) => message.type === type).length;
    const heard = counted(FIRST) + inFlight(FIRST);
    check(heard === routed, () => `epoch ${epoch}: ${routed} records were routed, and ${heard} are there (I6)`);
    const passed = counted(SECOND) + inFlight(SECOND);
    check(
      passed === counted(FIRST),
      () => `epoch ${epoch}: ${counted(FIRST)} records sent on, and ${passed} are there (I6)`,
    );
    for (const type of [FILE, SEEN]) {
      const committed = entry?.egresses[type]?.committed ?? 0;
      check(
        committed === counted(SECOND),
        () => `epoch ${epoch}: ${committed} records of ${counted(SECOND)} in ${type}`,
      );
    }
    const { acknowledged = 0, sink } = entry?.egresses[FILE] ?? {};
    const written = readOutput<Counted>(disk, sink);
    check(
      written.length === acknowledged,
      () => `epoch ${epoch}: ${written.length} lines of ${acknowledged} are durable`,
    );
    this.#checkOrder(written);
  }

  /** What came out of a key is what went in, in order, and nothing between. */
  #checkOrder(outputs: readonly Counted[]): void {
    const counts = new Map<string, number>();
    for (const { number, key, count } of outputs) {
      const place = counts.get(key) ?? 0;
      const expected = this.#inputs.filter((input) => input.key === key)[place];
      check(
        expected?.number === number && count === place + 1,
        () => `${key}: record ${number} came as number ${place + 1}`,
      );
      counts.set(key, place + 1);
    }
  }

  checkEnd(cut: CommittedCut, disk: SimulatedFileSystem): void {
    this.checkCut(cut, new Set(), disk);
    const count = this.#inputs.length;
    const written = readOutput<Counted>(disk, cut.entry?.egresses[FILE]?.sink);
    check(written.length === count, () => `${written.length} lines of ${count} in the end`);
    const taken = this.#consumer.all(count);
    this.#checkOrder(taken);
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
  }
}
