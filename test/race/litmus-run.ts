/** Runs a litmus test on two real threads and tells which of its outcomes were seen, and how often. */
import { allocateInstance, type LitmusTest, type SharedInstance } from './litmus-tests.ts';
import { Barrier, runThreadPair } from './thread-pair.ts';

export interface LitmusThreadData {
  readonly name: string;
  readonly actor: 0 | 1;
  readonly roundCount: number;
  /** No further round is begun after so many milliseconds. */
  readonly timeLimitMs: number;
  /** Whether the rounds are over; thread 1 decides. */
  readonly isOver: SharedArrayBuffer;
  readonly instances: readonly SharedInstance[];
  /** What each actor saw, by instance. */
  readonly seen: readonly SharedArrayBuffer[];
  readonly barrier: SharedArrayBuffer;
}

/** Outcome → how often it was seen. */
export type Tally = ReadonlyMap<string, number>;

const THREAD = new URL('./litmus-thread.ts', import.meta.url);
const INSTANCE_COUNT = 512;

export async function runLitmus(
  name: string,
  roundCount: number,
  timeLimitMs: number = Number.POSITIVE_INFINITY,
): Promise<Tally> {
  const shared = {
    name,
    roundCount,
    timeLimitMs,
    isOver: new SharedArrayBuffer(4),
    instances: Array.from({ length: INSTANCE_COUNT }, allocateInstance),
    seen: [0, 1].map(() => new SharedArrayBuffer(INSTANCE_COUNT * 4)),
    barrier: Barrier.allocate(),
  };
  const [, tally] = await runThreadPair<Tally, Tally>(THREAD, { ...shared, actor: 0 }, { ...shared, actor: 1 });
  return tally;
}

export function describeLitmus({ name, outcomes }: LitmusTest, tally: Tally): string {
  const lines = outcomes.map(
    ({ values, verdict, meaning }) =>
      `  ${values.padEnd(6)} ${String(tally.get(values) ?? 0).padStart(9)}  ${verdict.padEnd(10)} ${meaning}`,
  );
  return [name, ...lines].join('\n');
}
