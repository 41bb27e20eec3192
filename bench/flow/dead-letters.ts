/**
 * Messages that a program could not handle, and the next version of it that can: made, listed, and sent again.
 *
 * ```
 *   process A, as it was:    sends ─▶ work ✗ throws ─▶ dead letters ─▶ list          ─▶ stop
 *   process B, repaired:     redrive ─▶ dead letters ─▶ work ✓ ─▶ sum                ─▶ none left
 * ```
 *
 * The value is how many a second are sent again and committed; how fast they are made and listed, and the most memory
 * that either process took without mapped files, are named beside it. There may be any number of dead letters on disk in
 * the same memory (`--entities 3000000` for three million of them), which the second contender shows: a tenth of them.
 * The checksum is what was listed, how many were sent again, what the entities came to, and how many were left.
 */
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { Child, workWith } from '../harness/child.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import type { LettersOptions, LettersRequest } from './dead-letters-process.ts';

const LETTERS = 300_000;
const MEMORY_BYTES = 128 << 20;
const MiB = 1 << 20;
const PROCESS = new URL('./dead-letters-process.ts', import.meta.url);

export const deadLetters: Benchmark = {
  name: 'dead-letters',
  unit: 'redriven/s',
  describe(options) {
    const letters = entityCount(options, LETTERS).toLocaleString('en-US');
    return `${letters} dead letters made, listed and sent again, ${MEMORY_BYTES / MiB} MiB of memory`;
  },
  figures: [],
  contenders(options) {
    const letters = entityCount(options, LETTERS);
    return [
      contender(OURS, letters, options),
      contender(`${OURS}, a tenth of them`, Math.max(1, Math.floor(letters / 10)), options),
    ];
  },
};

function contender(name: string, letters: number, { shards, intervalMs }: Options): Contender {
  return {
    name,
    async measure(progress): Promise<Measurement> {
      const scratch = new Scratch();
      const settings = { directory: scratch.path, shards, memoryBytes: MEMORY_BYTES, intervalMs };
      try {
        const before = await withProcess({ ...settings, isRepaired: false }, async (child) => {
          progress('making them');
          const made = await child.ask({ make: letters });
          progress('listing them');
          return { made, listed: await child.ask('list'), memory: await child.ask('memory') };
        });
        const after = await withProcess({ ...settings, isRepaired: true }, async (child) => {
          progress('sending them again');
          const redriven = await child.ask('redrive');
          const rest = [await child.ask('sum'), await child.ask('list')] as const;
          return { redriven, rest, memory: await child.ask('memory') };
        });
        const [{ sum }, left] = after.rest;
        const all = (letters * (letters - 1)) / 2;
        return {
          value: letters / after.redriven['seconds'],
          named: {
            'made, /s': letters / before.made['seconds'],
            'listed, /s': letters / before.listed['seconds'],
            'RSS at most without mapped files, MiB':
              Math.max(before.memory['anonymousBytes'], after.memory['anonymousBytes']) / MiB,
          },
          checksum: [before.listed['count'], before.listed['sum'], after.redriven['count'], sum, left['count']].join(
            ' ',
          ),
          expected: [letters, all, letters, all, 0].join(' '),
        };
      } finally {
        scratch.remove();
      }
    },
  };
}

/** A process for one version of the program. */
function withProcess<Result>(
  options: LettersOptions,
  work: (child: Child<LettersRequest>) => Promise<Result>,
): Promise<Result> {
  return workWith(new Child<LettersRequest>(PROCESS, options), work);
}
