/**
 * Where the commands come from: an endless ingress that can be read again from any position, since what is at a position
 * follows from the seed. Behind the last command come rounds of verify commands, for ever; some come among the commands,
 * too, because nobody may ever have counted more than there is in all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IngressSource, SourceBatch } from '../../../src/index.ts';
import { type CommandOptions, Oracle, type SourceCommand, sourceCommand } from './commands.ts';

export interface SourceOptions {
  readonly commands: CommandOptions;
  readonly seed: number;
  readonly messageCount: number;
  /** Between two rounds of verify commands at the end. */
  readonly roundMs: number;
}

const BATCH_COUNT = 16;
const VERIFY_EVERY = 64;

export function commandSource(options: SourceOptions): IngressSource<SourceCommand> {
  const { numberOfFunctionInstances: instances } = options.commands;
  const { counts } = oracleOf(options);
  const verify = (target: number): SourceCommand => ({
    target,
    commands: [{ kind: 'verify', expected: counts[target] ?? 0 }],
  });
  return {
    replayable: true,
    async *read(from, { signal }): AsyncGenerator<SourceBatch<SourceCommand>> {
      let position = (from as number | undefined) ?? 0;
      for (; position < options.messageCount && !signal.aborted; ) {
        const end = Math.min(position + BATCH_COUNT, options.messageCount);
        const records: SourceCommand[] = [];
        for (; position < end; position++) {
          records.push(sourceCommand(options.commands, options.seed, position));
          if (position % VERIFY_EVERY === 0) records.push(verify((position / VERIFY_EVERY) % instances));
        }
        yield { records, position };
      }
      for (; !signal.aborted; position++) {
        yield { records: Array.from({ length: instances }, (_, target) => verify(target)), position };
        await sleep(options.roundMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

/** What must have come of all commands. */
export function oracleOf({ commands, seed, messageCount }: SourceOptions): Oracle {
  const oracle = new Oracle(commands.numberOfFunctionInstances);
  for (let number = 0; number < messageCount; number++) oracle.add(sourceCommand(commands, seed, number));
  return oracle;
}
